"""French for reasons: why a record cannot be read, an address was not changed, a platform or this machine refuses."""

from __future__ import annotations

from collections.abc import Mapping

RECORDS: Mapping[str, str] = {
    "{text} is not a date in the life of a shop.": "{text} n'est pas une date de la vie d'une boutique.",
    "{number} is too large for an amount.": "{number} est trop grand pour un montant.",
    "{text} is not an amount.": "{text} n'est pas un montant.",
    "{text} is not a number.": "{text} n'est pas un nombre.",
    "{text} is not a quantity.": "{text} n'est pas une quantité.",
    "{text} is not a date.": "{text} n'est pas une date.",
    "{text} is not a time.": "{text} n'est pas une heure.",
    "{column}: {text} is not a currency.": "{column} : {text} n'est pas une devise.",
    "A spreadsheet has shortened the number {number}.": "Un tableur a abrégé le nombre {number}.",
    "Export the file again and do not save it there.": "Exportez de nouveau le fichier sans l'y enregistrer.",
    "A spreadsheet has shortened the number {number}. Export the file again and do not save it there.": (
        "Un tableur a abrégé le nombre {number}. Exportez de nouveau le fichier sans l'y enregistrer."
    ),
    "{text} is not a list of items.": "{text} n'est pas une liste d'articles.",
    "{text} is not a line item.": "{text} n'est pas un article de commande.",
    "{name} has no Id.": "{name} n'a pas de numéro (Id).",
    "Name: there is none.": "Name : la cellule est vide.",
    "{name} has no row with its total.": "{name} n'a pas de ligne avec son total.",
    "The customer has no Customer ID, e-mail address or phone number.": (
        "Le client n'a ni Customer ID, ni adresse e-mail, ni numéro de téléphone."
    ),
    "It has {count} cells where the header has {width}.": "Elle a {count} cellules, et l'en-tête {width}.",
    "It has {count} cells where the header has {width}. It runs over {lines} lines: is a quotation mark open?": (
        "Elle a {count} cellules, et l'en-tête {width}. Elle s'étend sur {lines} lignes : "
        "un guillemet est-il resté ouvert ?"
    ),
    "It and what follows to line {last} cannot be read ({reason}): is a quotation mark open?": (
        "Elle est illisible, avec la suite jusqu'à la ligne {last} ({reason}) : un guillemet est-il resté ouvert ?"
    ),
    "field larger than field limit ({number})": "un champ de plus de {number} caractères",
    "unexpected end of data": "la fin vient trop tôt",
    "It is nested too deeply to be read.": "L'imbrication est trop profonde pour être lue.",
    "A text has characters that are none.": "Un texte a des caractères qui n'en sont pas.",
    "It is not JSON: a number or a text in it is written as none can be.": (
        "Ce n'est pas du JSON : un nombre ou un texte y est écrit d'une façon impossible."
    ),
    "A text has a NUL character, which no database keeps.": (
        "Un texte a un caractère NUL, qu'aucune base de données ne garde."
    ),
    "It has no id.": "Il n'a pas d'identifiant.",
    "The order does not say its currency.": "La commande ne dit pas sa devise.",
    "The checkout does not say its currency.": "Le panier ne dit pas sa devise.",
    "The order's total is {total}, less than nothing.": "Le total de la commande est {total}, moins que rien.",
    "The order has no date.": "La commande n'a pas de date.",
    "The order went away while its lines were read.": "La commande a disparu pendant la lecture de ses lignes.",
    "{id} is no id of Shopify.": "{id} n'est pas un identifiant de Shopify.",
    "Order {id} cannot be read: {reason}": "La commande {id} est illisible : {reason}",
    "Account {id} cannot be read: {reason}": "Le compte {id} est illisible : {reason}",
    "Shopify's delivery cannot be read: {reason}": "L'envoi de Shopify est illisible : {reason}",
    "The shop's delivery cannot be read: {reason}": "L'envoi de la boutique est illisible : {reason}",
    "The delivery concerns another shop.": "L'envoi concerne une autre boutique.",
    "{what} - at `{place}`": "{what} – à `{place}`",
    "{what} - at `key` in `{place}`": "{what} – dans une clé de `{place}`",
    "Object missing required field `{name}`": "Il manque le champ `{name}`",
    "Expected `{wanted}`, got `{found}`": "Attendu : `{wanted}` ; reçu : `{found}`",
    "Expected `{wanted}`": "Attendu : `{wanted}`",
    "Invalid enum value {value}": "Valeur impossible : {value}",
    "Invalid RFC3339 encoded {kind}": "Cette valeur n'est pas une date (RFC 3339) : {kind}",
    "Integer value out of range": "Un nombre entier hors limites",
    "Number out of range": "Un nombre hors limites",
    "Input data was truncated": "Les données sont coupées",
    "JSON is malformed: {reason} (byte {number})": "Le JSON est mal formé : {reason} (octet {number})",
}

OUTCOMES: Mapping[str, str] = {
    "Shopify Flow and the apps that follow tags are told of this push at once.": (
        "Shopify Flow et les applications qui suivent les étiquettes sont prévenus dès cet envoi."
    ),
    "The shop's webhooks and extensions that follow accounts are told of this push at once.": (
        "Les webhooks et les extensions de la boutique qui suivent les comptes sont prévenus dès cet envoi."
    ),
    "An automation that waits for a tag can start with this push.": (
        "Une automatisation qui attend une étiquette peut partir avec cet envoi."
    ),
    "First push: tags start no automation. From the next one on, a tag that is added or removed can.": (
        "Premier envoi : les étiquettes ne déclenchent aucune automatisation. "
        "Dès le suivant, une étiquette ajoutée ou retirée peut en déclencher une."
    ),
    "An automation that waits for a field can start with this push.": (
        "Une automatisation qui attend un champ peut partir avec cet envoi."
    ),
    "The audience has no such contact.": "L'audience n'a pas ce contact.",
    "The contact is archived in Mailchimp.": "Le contact est archivé dans Mailchimp.",
    'The destination takes existing contacts only (contacts = "existing").': (
        'La destination ne prend que les contacts existants (contacts = "existing").'
    ),
    "The contact is no longer as we created it, so it is not archived.": (
        "Le contact n'est plus tel que nous l'avons créé : il n'est donc pas archivé."
    ),
    "Mailchimp did not confirm the contact.": "Mailchimp n'a pas confirmé le contact.",
    "Mailchimp did not confirm the tag.": "Mailchimp n'a pas confirmé l'étiquette.",
    "Mailchimp did not tell what became of it.": "Mailchimp n'a pas dit ce qu'il en est advenu.",
    "The contact appeared in the audience in this very moment.": (
        "Le contact est apparu dans l'audience à cet instant même."
    ),
    "Mailchimp refuses the address.": "Mailchimp refuse l'adresse.",
    "Mailchimp answered {status}.": "Mailchimp a répondu {status}.",
    "Mailchimp could not show a contact: {reason}": "Mailchimp n'a pas pu montrer un contact : {reason}",
    "{address} is no customer id of Shopify.": "{address} n'est pas un numéro de client de Shopify.",
    "Shopify gave no reason.": "Shopify n'a pas donné de raison.",
    "Shopify's bulk operation says nothing of this customer.": (
        "L'opération groupée de Shopify ne dit rien de ce client."
    ),
    "WooCommerce has no customer tags.": "WooCommerce n'a pas d'étiquettes de clients.",
    "The shop has no account {address} any more.": "La boutique n'a plus le compte {address}.",
    "WooCommerce does not keep the hidden field {name}.": "WooCommerce ne garde pas le champ caché {name}.",
    "The shop accepted {name} but did not keep it.": "La boutique a accepté {name}, mais ne l'a pas gardé.",
    "The shop gave no reason.": "La boutique n'a pas donné de raison.",
    "The shop did not answer for this account.": "La boutique n'a pas répondu pour ce compte.",
    "The destination did not say what became of it.": "La destination n'a pas dit ce qu'il en est advenu.",
    "The destination does not know this address.": "La destination ne connaît pas cette adresse.",
    "The contact was removed at the destination; it is not created again.": (
        "Le contact a été retiré chez la destination ; il n'est pas créé de nouveau."
    ),
    "This contact has subscribed since; it stays.": "Ce contact s'est inscrit depuis ; il reste.",
    "A later run wrote it again.": "Un envoi plus récent l'a réécrit.",
    "Nothing of it is left.": "Il n'en reste rien.",
    "Another run wrote it.": "Un autre envoi l'a écrit.",
    "This address is not there any more.": "Cette adresse n'y est plus.",
    "Somebody else changed it since.": "Quelqu'un d'autre l'a modifié depuis.",
}

ANSWERS: Mapping[str, str] = {
    "no reason given": "aucune raison donnée",
    "{where} with nothing in it.": "{where}, sans rien d'autre.",
    "{host} answered with an unknown shape: {reason}.": "{host} a répondu sous une forme inconnue : {reason}.",
    "The answer arrives too slowly.": "La réponse arrive trop lentement.",
    "a page of HTML": "une page HTML",
    "something that is not JSON": "autre chose que du JSON",
    "Shopify answered with nothing.": "Shopify n'a rien répondu.",
    "Shopify refused the question: {reason}": "Shopify a refusé la question : {reason}",
    "Shopify's answer has an unknown form: {reason}": "La réponse de Shopify a une forme inconnue : {reason}",
    "Shopify's answer holds no token: {reason}": "La réponse de Shopify ne contient pas de jeton : {reason}",
    "Shopify ignored {field} in the search {query}: {reason}": (
        "Shopify a ignoré {field} dans la recherche {query} : {reason}"
    ),
    "Other bulk operations take all the places that Shopify has for this app.": (
        "D'autres opérations groupées occupent toutes les places que Shopify a pour cette app."
    ),
    "Shopify does not start the bulk operation: {reason}": "Shopify ne lance pas l'opération groupée : {reason}",
    "Shopify does not know the bulk operation any more.": "Shopify ne connaît plus l'opération groupée.",
    "Shopify refused the bulk operation.": "Shopify a refusé l'opération groupée.",
    "Check the app's scopes: connector check.": "Vérifiez les autorisations de l'app : connector check.",
    "The bulk operation is {status}.": "L'opération groupée est à l'état {status}.",
    "The bulk operation's file is gone: {reason}": "Le fichier de l'opération groupée a disparu : {reason}",
    "The download of Shopify's file is cut again and again.": (
        "Le téléchargement du fichier de Shopify est coupé encore et encore."
    ),
    "The file begins with a line that has no order before it.": (
        "Le fichier commence par une ligne qui ne suit aucune commande."
    ),
    "A page for people stands in front of the storage.": "Une page pour visiteurs cache le stockage.",
    "A line of {what} stands under {id}.": "Une ligne de {what} se trouve sous {id}.",
    "Shopify did not finish a bulk operation for {kind} in {number} tries.": (
        "Shopify n'a pas terminé d'opération groupée pour {kind} en {number} essais."
    ),
    "Shopify's pages of {kind} do not go on.": "Les pages de {kind} de Shopify n'avancent plus.",
    "Shopify takes no upload: {reason}": "Shopify n'accepte pas de fichier : {reason}",
    "Shopify refused a webhook: {reason}": "Shopify a refusé un webhook : {reason}",
    "Shopify shows no members of a segment: {reason}": "Shopify ne montre pas les membres d'un segment : {reason}",
    "Give the app the scope read_customers, then reinstall it.": (
        "Donnez à l'app l'autorisation read_customers, puis réinstallez-la."
    ),
    "Shopify shows no {kind}: {reason}": "Shopify ne montre pas ceci : {kind}. {reason}",
    "Give the app the scope to read them.": "Donnez à l'app l'autorisation de les lire.",
    "Give the app the scope to read it.": "Donnez à l'app l'autorisation de le lire.",
    "{text} is not a cursor of Shopify.": "{text} n'est pas un repère de lecture de Shopify.",
    "Begin the stream again.": "Reprenez cette lecture du début.",
    "The checkpoint {text} is none of WooCommerce's.": "Le repère {text} n'est pas de WooCommerce.",
    "Something else wrote there: put a backup of before back (connector restore FILE).": "Autre chose y a écrit : "
    "remettez une sauvegarde d'avant (connector restore FICHIER).",
    "Check the consumer secret, and that the key's permission is {kind} ({where}).": (
        "Vérifiez le secret (consumer secret), et que le droit de la clé est {kind} ({where})."
    ),
    "Either the key is unknown or its user may not do this (make one for a shop manager in {where}), or WordPress did "
    "not accept it because it does not see https: behind a proxy that ends TLS, tell WordPress so (X-Forwarded-Proto); "
    "for a shop without https write its http address, with allow_http.": (
        "La clé est inconnue, ou son utilisateur n'en a pas le droit (créez-en une pour un gestionnaire de boutique "
        "dans {where}), ou WordPress ne l'a pas acceptée, faute de voir du https : derrière un proxy qui termine TLS, "
        "dites-le à WordPress (X-Forwarded-Proto) ; pour une boutique sans https, écrivez son adresse en http, avec "
        "allow_http."
    ),
    "Check the key ({where}) and whether a firewall or a security plugin stands in front of the API.": (
        "Vérifiez la clé ({where}), et si un pare-feu ou une extension de sécurité se trouve devant l'API."
    ),
}

MACHINE: Mapping[str, str] = {
    "Free some space, or name a file on another disk.": "Libérez de la place, ou choisissez un autre disque.",
    "Give the user who runs the connector the right to write to that folder, or name another one.": (
        "Donnez à l'utilisateur qui lance le connecteur le droit d'écrire dans ce dossier, ou choisissez-en un autre."
    ),
    "Check that its folder exists and can be written to.": "Vérifiez que son dossier existe et accepte l'écriture.",
    "Give the user who runs the connector the right to write to the file and its folder, and to what lies beside it "
    "as -wal and -shm.": (
        "Donnez à l'utilisateur qui lance le connecteur le droit d'écrire dans le fichier et son dossier, et dans ce "
        "qui se trouve à côté en -wal et -shm."
    ),
    "Give the user of the setting `database` the right to write.": (
        "Donnez le droit d'écrire à l'utilisateur du réglage `database`."
    ),
    "Free some space on the server; nothing was lost, run the command again.": (
        "Libérez de la place sur le serveur ; rien n'est perdu, relancez la commande."
    ),
    "See whether the disk is full, at a limit of this user, or failing; then run the command again.": (
        "Voyez si le disque est plein, en panne, ou limité pour cet utilisateur ; puis relancez la commande."
    ),
    "Another program holds it; run the command again when that one has finished.": (
        "Un autre programme la tient ; relancez la commande quand il aura fini."
    ),
    "Name another file: this one is not a SQLite database.": (
        "Nommez un autre fichier : celui-ci n'est pas une base SQLite."
    ),
    "The file is damaged: `connector restore` puts back a copy of it.": (
        "Le fichier est abîmé : `connector restore` en remet une copie en place."
    ),
    "Check that the server runs, and the address, user and password of the setting `database`.": (
        "Vérifiez que le serveur tourne, et l'adresse, l'utilisateur et le mot de passe du réglage `database`."
    ),
    "unable to open database file": "le fichier de la base ne s'ouvre pas",
    "attempt to write a readonly database": "la base est en lecture seule",
    "database or disk is full": "la base ou le disque est plein",
    "disk I/O error": "erreur de lecture ou d'écriture du disque",
    "database is locked": "la base est verrouillée",
    "file is not a database": "ce fichier n'est pas une base de données",
    "database disk image is malformed": "le contenu de la base est abîmé",
    "No such file or directory": "ce fichier ou ce dossier n'existe pas",
    "Not a directory": "ce n'est pas un dossier",
    "Is a directory": "c'est un dossier",
    "File exists": "ce fichier existe déjà",
    "File name too long": "nom de fichier trop long",
    "File too large": "fichier trop gros",
    "Input/output error": "erreur de lecture ou d'écriture",
    "Disk quota exceeded": "quota de disque dépassé",
    "Operation not permitted": "opération interdite",
    "Address already in use": "adresse déjà utilisée",
    "Cannot assign requested address": "cette machine n'a pas cette adresse",
    "Exactly: {reason}.": "Au juste : {reason}.",
    "{what} (at line {line}, column {column})": "{what} (ligne {line}, colonne {column})",
    "{what} (at end of document)": "{what} (à la fin du fichier)",
    "Invalid statement": "ligne invalide",
    "Invalid value": "valeur invalide",
    "Invalid initial character for a key part": "une clé ne peut pas commencer ainsi",
    "Expected newline or end of document after a statement": "il faut une fin de ligne après cette valeur",
    "Expected '=' after a key in a key/value pair": "il faut un signe = après la clé",
    "Expected ']' at the end of a table declaration": "il faut un ] à la fin du nom de la table",
    "Expected ']]' at the end of an array declaration": "il faut ]] à la fin du nom de la liste",
    "Unclosed array": "une liste n'est pas fermée",
    "Unclosed inline table": "une table n'est pas fermée",
    "Unterminated string": "un texte n'est pas fermé",
    "Illegal character {text}": "caractère interdit : {text}",
    "Cannot overwrite a value": "cette clé est écrite deux fois",
    "Cannot declare {name} twice": "{name} est écrit deux fois",
    "Cannot mutate immutable namespace {name}": "{name} est déjà écrit ailleurs",
    "Duplicate inline table key {name}": "la clé {name} est écrite deux fois",
    "Invalid date or datetime": "date invalide",
    "Unescaped '\\' in a string": "une barre oblique inverse (\\) doit être doublée dans un texte",
}

WORDS: Mapping[str, str] = {
    "orders": "commandes",
    "customers": "clients",
    "checkouts": "paniers",
    "planned": "en attente",
    "applying": "en cours",
    "applied": "appliqué",
    "interrupted": "interrompu",
    "refused": "refusé",
    "cancelled": "annulé",
    "tag": "étiquettes",
    "field": "champs",
    "tag, field": "étiquettes, champs",
    "process {id} on {host}": "processus {id} sur {host}",
}
"""What stands in a sentence, as people say it."""
