"""What goes wrong, in French: each sentence of an error and each remedy, by the English one that the error carries.

A hole such as {key} stands for whatever stands there; what it holds is put in its place, itself in French where it is
one of these sentences. Errors of rules and of segments.toml are made in both languages where they arise.
"""

from __future__ import annotations

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "There is no settings file to put segments.toml beside.": (
        "Il n'y a pas de fichier de réglages à côté duquel mettre segments.toml."
    ),
    "Make connector.toml.": "Créez connector.toml.",
    "{file} is written in a way that is not changed from here.": (
        "{file} est écrit d'une façon qui ne se modifie pas d'ici."
    ),
    "These settings are in no file.": "Ces réglages ne sont dans aucun fichier.",
    "Start `connector serve` with a connector.toml to change them here.": (
        "Lancez `connector serve` avec un connector.toml pour les modifier ici."
    ),
    "{file} has changed since this page was shown.": "{file} a changé depuis que cette page a été affichée.",
    "Look at what it says now, and send the form again.": (
        "Regardez ce qu'il contient à présent, puis renvoyez le formulaire."
    ),
    "Destination {key} names the store {store}, which would be gone.": (
        "La destination {key} nomme la boutique {store}, qui n'existerait plus."
    ),
    "This value": "Cette valeur",
    "This is no number.": "Ce n'est pas un nombre.",
    "Write it in digits, such as 30.": "Écrivez-le en chiffres, par exemple 30.",
    "A line of it is no pair.": "Une des lignes n'est pas une paire.",
    "Write one a line, as in name = value.": "Écrivez-en une par ligne, comme nom = valeur.",
    "This cannot be chosen.": "Cela ne peut pas être choisi.",
    "This is too long.": "C'est trop long.",
    "Write less.": "Écrivez moins.",
    "A secret is read from one place.": "Un secret se lit à un seul endroit.",
    "Fill in one field of it, and leave the others empty.": (
        "Remplissez un seul de ses champs, laissez les autres vides."
    ),
    "{name} stands in the environment, too.": "{name} est aussi dans l'environnement.",
    "Unset the variables CONNECTOR_{part}__{name}… first.": "Retirez d'abord les variables CONNECTOR_{part}__{name}…",
    "There was no answer in time.": "La réponse n'est pas venue à temps.",
    "Check the address, and try again.": "Vérifiez l'adresse, puis réessayez.",
    "{name} is the last administrator.": "{name} est le dernier administrateur.",
    "Make somebody else an administrator first.": "Donnez d'abord ce rôle à quelqu'un d'autre.",
    "There is no invitation of {name}.": "Il n'y a pas d'invitation de {name}.",
    "It was used, or has expired.": "Elle a servi, ou a expiré.",
    "Remove that destination, or give it another store, first.": (
        "Retirez d'abord cette destination, ou donnez-lui une autre boutique."
    ),
    "Edit it there.": "Modifiez-le sur place.",
    "{key} is no name for a shop.": "{key} ne peut pas nommer une boutique.",
    "Begin with a small letter; then small letters, digits, _ or -.": (
        "Commencez par une minuscule ; puis des minuscules, des chiffres, _ ou -."
    ),
    "There is a shop {key} already.": "Il y a déjà une boutique {key}.",
    "Give this one another name.": "Donnez un autre nom à celle-ci.",
    "The address of the shop is missing.": "Il manque l'adresse de la boutique.",
    "Write it as your browser shows it.": "Écrivez-la comme votre navigateur la montre.",
    "A key is missing.": "Il manque une clé.",
    "Fill in both parts of the key.": "Remplissez les deux parties de la clé.",
    "Something went wrong.": "Une erreur est survenue.",
    "The log of the service says what.": "Le journal du service dit laquelle.",
    "{key} is sent to {destination}.": "{key} est envoyé à {destination}.",
    "Take it out of that destination's table in connector.toml first.": (
        "Retirez-le d'abord de la table de cette destination dans connector.toml."
    ),
    "{name} is not the name of a segment of your own.": "{name} n'est pas le nom d'un segment à vous.",
    "Use small letters, digits and _, such as good_friends.": (
        "Utilisez des minuscules, des chiffres et _, par exemple bons_amis."
    ),
    "{key} is there already.": "{key} existe déjà.",
    "Say that it is to be replaced, or give another name.": "Dites qu'il faut le remplacer, ou donnez un autre nom.",
    "{value} cannot be a value of {name}.": "{value} ne peut pas être une valeur de {name}.",
    "Write it as in segments.toml: 500, 2026-06-30 or Lyon.": (
        "Écrivez-la comme dans segments.toml : 500, 2026-06-30 ou Lyon."
    ),
    "There is no settings file {file}.": "Le fichier de réglages {file} n'existe pas.",
    "README shows what to write into one.": "Le README montre ce qu'il contient.",
    "A note has 1 to {number} characters.": "Une note a de 1 à {number} caractères.",
    "Write what happened in a few words.": "Écrivez en quelques mots ce qui s'est passé.",
    "{where} has no setting {name}; did you mean {near}?": (
        "{where} n'a pas de réglage {name} ; vouliez-vous dire {near} ?"
    ),
    "{where} has no setting {name}.": "{where} n'a pas de réglage {name}.",
    "There are: {names}.": "Il y a : {names}.",
    "Correct it there.": "Corrigez-le à cet endroit.",
    "{where} is missing.": "{where} : il manque une valeur.",
    "{where} should be {expected}.": "{where} devrait être {expected}.",
    "{where} should have {number} characters or more.": "{where} devrait avoir au moins {number} caractères.",
    "a valid integer": "un nombre entier",
    "a valid number": "un nombre",
    "a valid string": "un texte",
    "a valid boolean": "true ou false",
    "a table": "une table",
    'a list, such as ["spread"]': 'une liste, par exemple ["spread"]',
    "greater than or equal to {number}": "au moins {number}",
    "less than or equal to {number}": "au plus {number}",
    "greater than {number}": "plus de {number}",
    "an interval such as 15m, 1h or 1d": "un intervalle, par exemple 15m, 1h ou 1d",
    "a time of day such as 00:05": "une heure, par exemple 00:05",
    "a span such as 3y, 18m or 400d": "une durée, par exemple 3y, 18m ou 400d",
    "an address such as https://boutique.example/connector": (
        "une adresse, par exemple https://boutique.example/connector"
    ),
    'days by product id: { "8123" = 30 }': 'des jours par numéro de produit : { "8123" = 30 }',
    'fields by a name of ours: { gender = "custom.gender" }': 'des champs par nom : { gender = "custom.gender" }',
    "texts of 1 to 255 characters without a comma, which separates tags in a shop": (
        "des textes de 1 à 255 caractères sans virgule : elle sépare les étiquettes dans une boutique"
    ),
    "The value of {where} cannot be read.": "La valeur de {where} est illisible.",
    "the environment": "l'environnement",
    "Write it as JSON.": "Écrivez-la en JSON.",
    "{file} is not TOML: {reason}.": "{file} n'est pas du TOML : {reason}.",
    "{file} is not a text in UTF-8.": "{file} n'est pas un texte en UTF-8.",
    "Save it as UTF-8.": "Enregistrez-le en UTF-8.",
    "{file} cannot be read: {reason}.": "{file} est illisible : {reason}.",
    "Check its rights.": "Vérifiez ses droits.",
    "Check its path and rights.": "Vérifiez son chemin et ses droits.",
    "A secret is read from one place, not from {places}.": (
        "Un secret se lit à un seul endroit, pas à plusieurs : {places}."
    ),
    'Write { env = "NAME" } or { file = "PATH" }.': 'Écrivez { env = "NOM" } ou { file = "CHEMIN" }.',
    "The environment has no {name}.": "L'environnement n'a pas de {name}.",
    "Set {name}, or {other}_FILE to the path of a file.": (
        "Définissez {name}, ou {other}_FILE avec le chemin d'un fichier."
    ),
    "The secret file {file} cannot be read.": "Le fichier de secret {file} est illisible.",
    "Check its path and its rights.": "Vérifiez son chemin et ses droits.",
    "The secret file {file} is empty.": "Le fichier de secret {file} est vide.",
    "Write the secret into it.": "Écrivez-y le secret.",
    "The settings name no destination.": "Les réglages ne nomment aucune destination.",
    "Write a [destinations.NAME] table into connector.toml (see README).": (
        "Écrivez une table [destinations.NOM] dans connector.toml (voir README)."
    ),
    "The settings have no store {name}.": "Les réglages n'ont pas de boutique {name}.",
    "The settings have no destination {name}.": "Les réglages n'ont pas de destination {name}.",
    "It has: {names}.": "Il y a : {names}.",
    "It has none yet.": "Il n'y en a pas encore.",
    "The settings name no shop.": "Les réglages ne nomment aucune boutique.",
    "The settings name no shop to serve.": "Les réglages ne nomment aucune boutique à servir.",
    "Write a [stores.NAME] table into connector.toml (see README).": (
        "Écrivez une table [stores.NOM] dans connector.toml (voir README)."
    ),
    "Destination {key} names the store {store}, which the settings do not have.": (
        "La destination {key} nomme la boutique {store}, que les réglages n'ont pas."
    ),
    "No platform is called {platform}.": "Aucune plateforme ne s'appelle {platform}.",
    "The settings of a {platform} connector do not fit: {reason}.": (
        "Les réglages d'un connecteur {platform} ne conviennent pas : {reason}."
    ),
    "A {platform} connector needs {names}.": "Un connecteur {platform} a besoin de {names}.",
    "Write it into its table in connector.toml (see README).": (
        "Écrivez-le dans sa table de connector.toml (voir README)."
    ),
    "CONNECTOR_NOW={told} is no instant.": "CONNECTOR_NOW={told} n'est pas un instant.",
    "Write 2026-06-30T12:00:00Z.": "Écrivez 2026-06-30T12:00:00Z.",
    "endpoint = {endpoint} is not on this machine.": "endpoint = {endpoint} n'est pas sur cette machine.",
    "`endpoint` is for a server on 127.0.0.1; leave it out to talk to the real platform.": (
        "`endpoint` sert à un serveur sur 127.0.0.1 ; sans lui, on parle à la vraie plateforme."
    ),
    "shop = {shop} is not the address of a Shopify shop.": "shop = {shop} n'est pas l'adresse d'une boutique Shopify.",
    "Write it as name.myshopify.com.": "Écrivez-la comme nom.myshopify.com.",
    "A Shopify connector needs a key.": "Un connecteur Shopify a besoin d'une clé.",
    "Give `token`, or `client_id` and `client_secret`.": "Donnez `token`, ou `client_id` et `client_secret`.",
    "{path} is not a customer metafield of Shopify.": "{path} n'est pas un champ meta client de Shopify.",
    'Write its namespace and key: fields = { {name} = "custom.{key}" }.': (
        'Écrivez son espace de noms et sa clé : fields = { {name} = "custom.{key}" }.'
    ),
    "url = {url} is not the address of a shop.": "url = {url} n'est pas l'adresse d'une boutique.",
    "Write it as WordPress has it, for example https://boutique.example.": (
        "Écrivez-la comme WordPress, par exemple https://boutique.example."
    ),
    "{url} is plain http: anybody on the way can read your customers' data.": (
        "{url} est en simple http : n'importe qui sur le trajet peut lire les données de vos clients."
    ),
    "Use the shop's https address, or set allow_http = true if the way is safe.": (
        "Prenez l'adresse https de la boutique, ou écrivez allow_http = true si le trajet est sûr."
    ),
    "The consumer key and the consumer secret are exchanged.": "La clé (consumer key) et le secret sont inversés.",
    "consumer_key begins with ck_, consumer_secret with cs_.": (
        "consumer_key commence par ck_, consumer_secret par cs_."
    ),
    "The Mailchimp key does not end with a data centre.": (
        "La clé Mailchimp ne se termine pas par un centre de données."
    ),
    "Copy the whole key, such as …-us21, from Mailchimp's page Account, Extras, API keys.": (
        "Copiez la clé entière, par exemple …-us21, depuis la page Account, Extras, API keys de Mailchimp."
    ),
    "contacts = {contacts} is not known.": "contacts = {contacts} est inconnu.",
    'Use "existing" or "all".': 'Écrivez "existing" ou "all".',
    "{name} cannot be the name of a field in Mailchimp.": "{name} ne peut pas être le nom d'un champ dans Mailchimp.",
    "Use at most ten capital letters, digits or underscores, such as LIFECYCLE.": (
        "Dix capitales, chiffres ou _ au plus, par exemple LIFECYCLE."
    ),
    "The audience's field {name} holds {kind}, not text.": (
        "Le champ {name} de l'audience contient {kind}, pas du texte."
    ),
    "Choose another field name for Mailchimp.": "Choisissez un autre nom de champ pour Mailchimp.",
}

DATABASE: Mapping[str, str] = {
    "Free some space, or name a file on another disk; nothing was changed.": (
        "Libérez de la place, ou nommez un fichier sur un autre disque ; rien n'a été changé."
    ),
    "Stop the service, move it away with what lies beside it as -wal and -shm, and try again.": (
        "Arrêtez le service, écartez-la avec ce qui est à côté d'elle en -wal et -shm, et recommencez."
    ),
    "There is no database {file}.": "La base de données {file} n'existe pas.",
    "Name one with --database, or make it with `connector import FILE`.": (
        "Nommez-en une par --database, ou créez-la par `connector import FICHIER`."
    ),
    "The database is empty.": "La base de données est vide.",
    "This browser keeps no cookies.": "Ce navigateur ne garde pas les cookies.",
    "Allow them for this address, and come again.": "Autorisez-les pour cette adresse, puis revenez.",
    "Run `connector pull`, or `connector import FILE`, first.": (
        "Lancez d'abord `connector pull` ou `connector import FICHIER`."
    ),
    "The setting `database` is not the address of a database that can be used.": (
        "Le réglage `database` n'est pas l'adresse d'une base de données utilisable."
    ),
    "Write a path, or postgresql+psycopg://… (pip install lifecycle-connector[postgresql]).": (
        "Écrivez un chemin, ou postgresql+psycopg://… (pip install lifecycle-connector[postgresql])."
    ),
    "The database {place} cannot be used: {reason}.": "La base de données {place} est inutilisable : {reason}.",
    "Only a SQLite database is copied here.": "Seule une base SQLite se copie ici.",
    "Use pg_dump for PostgreSQL.": "Pour PostgreSQL, utilisez pg_dump.",
    "{file} is the database itself.": "{file} est la base de données elle-même.",
    "Name another file for the copy.": "Nommez un autre fichier pour la copie.",
    "The database {place} holds another program's tables ({tables}).": (
        "La base de données {place} contient les tables d'un autre programme ({tables})."
    ),
    "Give the connector a database of its own.": "Donnez au connecteur une base à lui.",
    "The database was made by a newer version (revision {number}).": (
        "La base de données vient d'une version plus récente (révision {number})."
    ),
    "Install that version, or newer.": "Installez cette version, ou une plus récente.",
    "Another sync is writing to this database ({where}, since {day}).": (
        "Une autre synchronisation écrit dans cette base ({where}, depuis le {day})."
    ),
    "Another sync is writing to this database{who}.": "Une autre synchronisation écrit dans cette base{who}.",
    "Another sync is writing to this database.": "Une autre synchronisation écrit dans cette base.",
    "Wait until it has finished, or stop the service first.": (
        "Attendez qu'elle finisse, ou arrêtez d'abord le service."
    ),
    "The dashboard is still at work.": "Le tableau de bord travaille encore.",
    "Wait until that has finished.": "Attendez que cela soit fini.",
    "{file} cannot be locked: {reason}.": "{file} ne peut pas être verrouillé : {reason}.",
    "Give the user who runs the connector the right to write to that folder, on a disk of this machine.": (
        "Donnez à l'utilisateur du connecteur le droit d'écrire dans ce dossier, sur un disque de cette machine."
    ),
    "Give the user who runs the connector the right to write to that folder.": (
        "Donnez à l'utilisateur du connecteur le droit d'écrire dans ce dossier."
    ),
    "Nobody was erased. Give the user who runs the connector the right to write to that folder.": (
        "Personne n'a été effacé. Donnez à l'utilisateur du connecteur le droit d'écrire dans ce dossier."
    ),
    "{file} exists already.": "{file} existe déjà.",
    "Name a file that does not.": "Nommez un fichier qui n'existe pas.",
    "{file} cannot be written: {reason}.": "{file} ne peut pas être écrit : {reason}.",
    "{file} cannot be made: {reason}.": "{file} ne peut pas être créé : {reason}.",
    "Name another file.": "Nommez un autre fichier.",
    "People were erased here, but {file}, which tells who is not to come back, is gone.": (
        "Des personnes ont été effacées ici, mais {file}, qui dit qui ne doit pas revenir, a disparu."
    ),
    "Put it back from where it was: it belongs beside the database. "
    "--force reads without it, and brings back whom the shop still has.": (
        "Remettez-le en place : il va avec la base. --force lit sans lui, et fait revenir qui la boutique a encore."
    ),
    "Nobody was erased.": "Personne n'a été effacé.",
    "Answer y, or give --yes.": "Répondez y, ou donnez --yes.",
    "The clock stands on {today}; the memberships are those of {reached}.": (
        "L'horloge est au {today} ; les appartenances sont celles du {reached}."
    ),
    "Set the clock right; --force insists.": "Mettez l'horloge à l'heure ; --force insiste.",
    "{file} cannot be put back: {reason}.": "{file} ne peut pas être remis : {reason}.",
    "it is not there": "il n'existe pas",
    "file is not a database": "ce n'est pas une copie de la base",
    "Give the user who runs the connector the right to write to that folder, or name another one.": (
        "Donnez à l'utilisateur du connecteur le droit d'écrire dans ce dossier, ou nommez-en un autre."
    ),
    "{file} is no copy of a database of the connector.": "{file} n'est pas une copie d'une base du connecteur.",
    "Name another copy.": "Nommez une autre copie.",
    "Name a copy of it.": "Nommez-en une copie.",
    "Use pg_dump and pg_restore for PostgreSQL.": "Pour PostgreSQL, utilisez pg_dump et pg_restore.",
    "Nothing was changed. Give the user who runs the connector the right to write to that folder.": (
        "Rien n'a été changé. Donnez à l'utilisateur du connecteur le droit d'écrire dans ce dossier."
    ),
    "Free some space; nothing was lost, run the command again.": (
        "Libérez de la place ; rien n'est perdu, relancez la commande."
    ),
    "Lift the limit on the size of files; nothing was lost, run the command again.": (
        "Levez la limite de taille des fichiers ; rien n'est perdu, relancez la commande."
    ),
    "The disk fails: look at it before the command is run again.": (
        "Le disque défaille : examinez-le avant de relancer la commande."
    ),
    "Give the user who runs the connector the right to write there.": (
        "Donnez à l'utilisateur du connecteur le droit d'y écrire."
    ),
    "Stopped.": "Arrêté.",
    "{folder} holds a demo already.": "{folder} contient déjà une démonstration.",
    "Name another folder, or empty this one.": "Nommez un autre dossier, ou videz celui-ci.",
    "{language} is not a language of this program.": "{language} n'est pas une langue de ce programme.",
    "Use fr or en.": "Écrivez fr ou en.",
    "The next run goes on from here.": "La prochaine exécution reprend ici.",
    "Nobody can listen on {address}:{port}: {reason}.": "Impossible d'écouter sur {address}:{port} : {reason}.",
    "Stop what listens there, or set another `port` under [serve].": (
        "Arrêtez ce qui y écoute, ou donnez un autre `port` sous [serve]."
    ),
}

STORES: Mapping[str, str] = {
    "{key} suddenly shows fewer orders ({now}, before {before}).": (
        "{key} montre soudain moins de commandes ({now}, avant {before})."
    ),
    "{key} suddenly shows fewer customer accounts ({now}, before {before}).": (
        "{key} montre soudain moins de comptes ({now}, avant {before})."
    ),
    "{key} suddenly shows fewer customer accounts ({now}, before {was}) and fewer orders ({left}, before {all}).": (
        "{key} montre soudain moins de comptes ({now}, avant {was}) et moins de commandes ({left}, avant {all})."
    ),
    "{key} suddenly shows {figures}.": "{key} montre soudain {figures}.",
    "Look at the shop and at what its key may read; --force takes it as it is.": (
        "Regardez la boutique et ce que sa clé peut lire ; --force la prend telle quelle."
    ),
    "The clock stands on {today}, but something was done on {last} already.": (
        "L'horloge est au {today}, mais quelque chose a déjà été fait le {last}."
    ),
    "The clock stands on {today}; nothing was done since {last}, {days} days ago.": (
        "L'horloge est au {today} ; rien n'a été fait depuis le {last}, il y a {days} jours."
    ),
    "Set the clock right, or insist with --force if it was a pause.": (
        "Mettez l'horloge à l'heure, ou insistez avec --force si c'était une pause."
    ),
    "{key} sells in {one}, this database sums in {other}.": "{key} vend en {one}, cette base compte en {other}.",
    "Give it another database: one database is one merchant in one currency.": (
        "Donnez-lui une autre base : une base, c'est un marchand dans une devise."
    ),
    "Store {key} was a {platform} shop until now.": "La boutique {key} était jusqu'ici chez {platform}.",
    "Give the new shop a name of its own.": "Donnez un nom à elle à la nouvelle boutique.",
    "Another shop answers for {key}: {name} ({id}), before {old} ({was}).": (
        "Une autre boutique répond pour {key} : {name} ({id}), avant {old} ({was})."
    ),
    "Give it another database, or insist with --force if the shop only moved.": (
        "Donnez-lui une autre base, ou insistez par --force si la boutique a seulement déménagé."
    ),
    "{key} is the same shop as {other} ({id}).": "{key} est la même boutique que {other} ({id}).",
    "Read each shop once: take one of the two out of the settings.": (
        "Lisez chaque boutique une fois : retirez l'une des deux des réglages."
    ),
    "{key} was never read.": "{key} n'a jamais été lue.",
    "Run `connector pull` first.": "Lancez d'abord `connector pull`.",
    "Another shop answers for {key}.": "Une autre boutique répond pour {key}.",
    "Compare it with its own database.": "Comparez-la avec sa propre base.",
    "Destination {key}: {platform} does not tell which messages it sent.": (
        "Destination {key} : {platform} ne dit pas quels messages il a envoyés."
    ),
    "Leave read_sends out, and `connector import-sends FILE` instead.": (
        "Retirez read_sends, et passez par `connector import-sends FICHIER`."
    ),
    "The settings do not say under which address shops reach the service.": (
        "Les réglages ne disent pas à quelle adresse les boutiques joignent le service."
    ),
    'Write public_url = "https://…" under [serve]; README shows how to put it behind the shop\'s host.': (
        'Écrivez public_url = "https://…" sous [serve] ; le README montre comment le placer derrière la boutique.'
    ),
    "public_url = {url} is plain http: customers' data would travel readable.": (
        "public_url = {url} est en simple http : les données des clients voyageraient en clair."
    ),
    "Give it a certificate: README has the lines for nginx and for Caddy.": (
        "Donnez-lui un certificat : le README a les lignes pour nginx et pour Caddy."
    ),
    "Store {key} has no webhook_secret, so nothing that it tells could be believed.": (
        "La boutique {key} n'a pas de webhook_secret : rien de ce qu'elle dit ne serait digne de foi."
    ),
    "Write webhook_secret; at Shopify it is the app's client secret, at WooCommerce any long text.": (
        "Écrivez webhook_secret ; chez Shopify, le secret client de l'app, chez WooCommerce un long texte quelconque."
    ),
    "No record {number} is in quarantine.": "Aucun enregistrement {number} en quarantaine.",
    "List them: connector quarantine list.": "Pour les voir : connector quarantine list.",
    "The settings name no shop to ask for {names}.": "Les réglages ne nomment aucune boutique à qui demander {names}.",
    "A record of a file leaves the quarantine when the corrected file is imported.": (
        "Un enregistrement de fichier quitte la quarantaine quand le fichier corrigé est importé."
    ),
    "Customer lifetime value needs numpy and scipy, which are not installed.": (
        "La valeur vie client a besoin de numpy et scipy, qui ne sont pas installés."
    ),
    "pip install 'lifecycle-connector[clv]'": "pip install 'lifecycle-connector[clv]'",
}
