"""What goes wrong in French, continued: pushes, questions about people and segments, files, and the platforms."""

from __future__ import annotations

from collections.abc import Mapping

PUSHES: Mapping[str, str] = {
    "There is no plan {number}.": "Le plan {number} n'existe pas.",
    "`connector plan` lists those that wait.": "`connector plan` montre ceux qui attendent.",
    "`connector plan` lists them.": "`connector plan` les montre.",
    "Plan {number} is not a push to {key}.": "Le plan {number} n'est pas un envoi vers {key}.",
    "Plan {number} is {what}.": "Le plan {number} est {what}.",
    "Form a new one with `connector plan`.": "Formez-en un autre par `connector plan`.",
    "Look at the plan with --dry-run; --force insists.": "Regardez le plan par --dry-run ; --force insiste.",
    "Destination {key} is held.": "La destination {key} est suspendue.",
    "`connector push --resume` lets it go on.": "`connector push --resume` la relance.",
    "Give the settings the shop or audience back that was written to.": (
        "Remettez dans les réglages la boutique ou l'audience où l'on a écrit."
    ),
    "{platform} takes no new contacts, but destination {key} asks for them.": (
        "{platform} ne crée pas de contacts, mais la destination {key} en demande."
    ),
    'Set contacts = "existing".': 'Écrivez contacts = "existing".',
    "Run {number} pushed nothing.": "L'exécution {number} n'a rien envoyé.",
    "Give the number that the push printed.": "Donnez le numéro que l'envoi a affiché.",
    "Nothing was ever pushed to {key}.": "Rien n'a jamais été envoyé à {key}.",
    "Check its name in the settings.": "Vérifiez son nom dans les réglages.",
    "Run {number} wrote nothing to {key}.": "L'exécution {number} n'a rien écrit chez {key}.",
    "Destination {key} names {names}, which has not been worked out.": (
        "La destination {key} nomme {names}, qui n'a pas été calculé."
    ),
    "Run `connector recompute` first, or take it out of the destination's settings.": (
        "Lancez d'abord `connector recompute`, ou retirez-le des réglages de la destination."
    ),
    "{text} cannot be the text of {key} at destination {destination}.": (
        "{text} ne peut pas être le texte de {key} à la destination {destination}."
    ),
    "Write a text without commas.": "Écrivez un texte sans virgule.",
    "{one} and {other} would both be {text} at destination {destination}.": (
        "{one} et {other} seraient tous deux {text} à la destination {destination}."
    ),
    "Give one of them another text; one that is being taken out must be pushed away first.": (
        "Donnez un autre texte à l'un d'eux ; celui qu'on retire doit d'abord être enlevé par un envoi."
    ),
    "{one} and {other} have the same tag, {tag}.": "{one} et {other} ont la même étiquette, {tag}.",
    "Give one of them another text.": "Donnez un autre texte à l'un d'eux.",
    "Destination {key} cannot write {kind}s.": "La destination {key} ne sait pas écrire de {kind}.",
    "It writes: {kind}.": "Elle écrit : {kind}.",
    "Destination {key} {says}, which is not switched on.": "La destination {key} {says}, qui n'est pas activé.",
    "Destination {key} {says}, which cannot be worked out ({reason}).": (
        "La destination {key} {says}, qui ne peut pas être calculé ({reason})."
    ),
    "pushes {name}": "envoie {name}",
    "excludes {name}": "exclut {name}",
    "needs_value: {names}": "il manque une valeur : {names}",
    "Switch it on in segments.toml: [{place}] on = true. Switched on are: {names}.": (
        "Activez-le dans segments.toml : [{place}] on = true. Sont activés : {names}."
    ),
    "Set it in segments.toml: [{place}] parameters = { {given} }": (
        "Écrivez dans segments.toml : [{place}] parameters = { {given} }"
    ),
    "Take {key} out of the destination's settings.": "Retirez {key} des réglages de la destination.",
    "{meant}Use one of: {names}.": "{meant}Au choix : {names}.",
    "Use one of: {names}.": "Au choix : {names}.",
    "Did you mean {name}?": "Vouliez-vous dire {name} ?",
    "Destination {key} holds people out of {segment}, which it does not push.": (
        "La destination {key} met des personnes à l'écart de {segment}, qu'elle n'envoie pas."
    ),
    "Destination {key} writes to the accounts of a shop that was never read.": (
        "La destination {key} écrit sur les comptes d'une boutique qui n'a jamais été lue."
    ),
    "Name the shop with `store = …`, and pull it first.": "Nommez la boutique par `store = …`, et lisez-la d'abord.",
    "Nobody is held out of {segment}.": "Personne n'est mis à l'écart de {segment}.",
    'Write holdout = { "{segment}" = 10 } into a destination, and push.': (
        'Écrivez holdout = { "{segment}" = 10 } dans une destination, et envoyez.'
    ),
}

QUESTIONS: Mapping[str, str] = {
    "Nobody here is known as {text}.": "Personne n'est connu ici sous {text}.",
    "Give an e-mail address, a phone number, a customer id of the shop, or person:NUMBER.": (
        "Donnez une adresse e-mail, un numéro de téléphone, un numéro de client de la boutique, ou person:NUMÉRO."
    ),
    "{text} is known of several people.": "{text} est connu de plusieurs personnes.",
    "Ask for one of them: {names}.": "Demandez l'une d'elles : {names}.",
    "{person} objects to profiling.": "{person} s'oppose au profilage.",
    "`connector object PERSON --withdraw` ends that, if they ask.": (
        "`connector object PERSONNE --withdraw` y met fin, à sa demande."
    ),
    "{day} has not come yet.": "Le {day} n'est pas encore venu.",
    "Ask for a day up to today.": "Demandez un jour jusqu'à aujourd'hui.",
    "Ask for days up to today.": "Demandez des jours jusqu'à aujourd'hui.",
    "{text} is not a day.": "{text} n'est pas un jour.",
    "Write it as YYYY-MM-DD, for example 2026-06-30.": "Écrivez-le AAAA-MM-JJ, par exemple 2026-06-30.",
    "{name} is not a time zone.": "{name} n'est pas un fuseau horaire.",
    "Use an IANA name such as Europe/Paris or America/New_York.": (
        "Prenez un nom IANA, par exemple Europe/Paris ou America/New_York."
    ),
    "{one} lies after {other}.": "Le {one} est après le {other}.",
    "Give the earlier of the two days first.": "Donnez d'abord le plus ancien des deux jours.",
    "{day} is not after the day of the model.": "Le {day} n'est pas après le jour du modèle.",
    "Give an earlier day by --as-of.": "Donnez un jour plus ancien par --as-of.",
    "No history of {family} is kept.": "Aucun historique de {family} n'est gardé.",
    "No history of {family} is kept before {day}.": "Aucun historique de {family} n'est gardé avant le {day}.",
    "No history of {family} is kept{since}.": "Aucun historique de {family} n'est gardé{since}.",
    "No history of {family} is kept: it is not switched on.": (
        "Aucun historique de {family} n'est gardé : il n'est pas activé."
    ),
    "Switch it on in segments.toml ([{place}] on = true) and run `connector recompute`.": (
        "Activez-le dans segments.toml ([{place}] on = true) et lancez `connector recompute`."
    ),
    "Run `connector recompute` first.": "Lancez d'abord `connector recompute`.",
    "Ask for later days.": "Demandez des jours plus récents.",
    "{goal} does not name two stages of {family}.": "{goal} ne nomme pas deux étapes de {family}.",
    "Write one as from:to, with {names}.": "Écrivez de:vers, avec {names}.",
    "There is no segment {key}.": "Le segment {key} n'existe pas.",
    "There is no family or audience {key}.": "La famille ou audience {key} n'existe pas.",
    "There is no {kind} {key}.": "Il n'y a pas de {kind} {key}.",
    "`connector segments` lists them.": "`connector segments` les montre.",
    "{key} needs a value for {names}.": "{key} demande une valeur pour {names}.",
    "Write into segments.toml: [{place}] parameters = { {given} }": (
        "Écrivez dans segments.toml : [{place}] parameters = { {given} }"
    ),
    "Set {name} among its parameters in segments.toml.": "Donnez {name} parmi ses paramètres dans segments.toml.",
    "{key} cannot be worked out: {reason}": "{key} ne peut pas être calculé : {reason}",
    "Ask for another one.": "Demandez-en un autre.",
    "{key} has no parameter {name}.": "{key} n'a pas de paramètre {name}.",
    "{key} has no stage {name}.": "{key} n'a pas d'étape {name}.",
    "The family {key} is not in force as it is set.": "La famille {key} n'est pas en vigueur telle qu'elle est réglée.",
    "Run a recompute.": "Lancez un recalcul.",
    "Nobody is signed in.": "Personne n'est connecté.",
    "{name} is disabled.": "{name} est désactivé.",
    "Give the token another name.": "Donnez un autre nom au jeton.",
    "There is no user {name}.": "Il n'y a pas d'utilisateur {name}.",
    "`connector users list` names them.": "`connector users list` les nomme.",
    "A name has 1 to {number} characters that can be read.": "Un nom compte de 1 à {number} caractères lisibles.",
    "Choose another name.": "Choisissez un autre nom.",
    "No merge {number} holds.": "Aucune réunion {number} n'est en vigueur.",
    "`connector merges` lists those that hold.": "`connector merges` énumère celles qui valent.",
}

FILES: Mapping[str, str] = {
    "No file was chosen.": "Aucun fichier n'a été choisi.",
    "Choose a CSV file, or drop one on the field.": "Choisissez un fichier CSV, ou déposez-le sur le champ.",
    "{file} has a header and no rows.": "{file} a un en-tête et aucune ligne.",
    "{file} has a single column.": "{file} n'a qu'une colonne.",
    "Save it with commas, semicolons or tabs between its columns.": (
        "Enregistrez-le avec des virgules, des points-virgules ou des tabulations entre les colonnes."
    ),
    "{file} has no column of e-mail addresses, so nobody could be recognised.": (
        "{file} n'a pas de colonne d'adresses e-mail : personne ne pourrait y être reconnu."
    ),
    "Export it again with all its columns.": "Exportez-le de nouveau avec toutes ses colonnes.",
    "No column says who bought.": "Aucune colonne ne dit qui a acheté.",
    "Choose the column of e-mail addresses, or that of customer numbers.": (
        "Choisissez la colonne des adresses e-mail, ou celle des numéros de client."
    ),
    "No column says when.": "Aucune colonne ne dit quand.",
    "Choose the column of the orders' dates.": "Choisissez la colonne des dates de commande.",
    "No column says for how much.": "Aucune colonne ne dit combien.",
    "Choose the column of amounts, or that of prices.": "Choisissez la colonne des montants, ou celle des prix.",
    "The column {column} is chosen twice.": "La colonne {column} est choisie deux fois.",
    "Choose each column once.": "Choisissez chaque colonne une seule fois.",
    "Write its three letters, such as EUR.": "Écrivez ses trois lettres, par exemple EUR.",
    "The file cannot be kept: {reason}.": "Le fichier ne peut pas être gardé : {reason}.",
    "Free some space in {folder}.": "Libérez de la place dans {folder}.",
    "{file} is empty.": "{file} est vide.",
    "Export it again.": "Exportez-le de nouveau.",
    "{file} is not a text file.": "{file} n'est pas un fichier texte.",
    "{file} is an Excel workbook, not a CSV file.": "{file} est un classeur Excel, pas un fichier CSV.",
    "Open it, save it as CSV (UTF-8), and name that file.": (
        "Ouvrez-le, enregistrez-le en CSV (UTF-8), et donnez ce fichier-là."
    ),
    "{file} is a zip archive.": "{file} est une archive zip.",
    "Unpack it, and name the CSV file in it.": "Décompressez-la, et donnez le fichier CSV qu'elle contient.",
    "Export it as CSV, and name that file.": "Exportez-le en CSV, et donnez ce fichier-là.",
    "There is no file {path}.": "Le fichier {path} n'existe pas.",
    "Check the path; dragging the file into the terminal writes it.": (
        "Vérifiez le chemin ; glisser le fichier dans le terminal l'écrit pour vous."
    ),
    "{path} is a folder.": "{path} est un dossier.",
    "Name the CSV file in it.": "Donnez le fichier CSV qu'il contient.",
    "The first line of {file} names no columns.": "La première ligne de {file} ne nomme aucune colonne.",
    "The header must be the first line.": "L'en-tête doit être la première ligne.",
    "Check the path {path}, and that the file is whole.": "Vérifiez le chemin {path}, et que le fichier est entier.",
    "{file} is no export that is known; its columns are: {columns}.": (
        "{file} n'est pas un export connu ; ses colonnes : {columns}."
    ),
    "Say which columns to read, for example: {example}": "Dites quelles colonnes lire, par exemple : {example}",
    "{file} is no export of customers, so it has no fields of theirs.": (
        "{file} n'est pas un export de clients : il n'a pas de champs client."
    ),
    "Give --fields with the export of customers only.": "Donnez --fields avec l'export des clients seulement.",
    "{file} has no column that is known for {column}; its columns are: {columns}.": (
        "{file} n'a pas de colonne connue pour {column} ; ses colonnes : {columns}."
    ),
    "{file} has no column {column}; its columns are: {columns}.": (
        "{file} n'a pas de colonne {column} ; ses colonnes : {columns}."
    ),
    "Write the column's name as it stands in the first line of the file.": (
        "Écrivez le nom de la colonne comme dans la première ligne du fichier."
    ),
    "{file} has no column {column}.": "{file} n'a pas de colonne {column}.",
    "{meant}Its columns are: {columns}.": "{meant}Ses colonnes : {columns}.",
    "--map does not know {word}.": "--map ne connaît pas {word}.",
    "{meant}It takes {words}.": "{meant}Il prend {words}.",
    "It takes {words}.": "Il prend {words}.",
    "--map must also name {names}.": "--map doit aussi nommer {names}.",
    "Write total=COLUMN, and so on; price with quantity can stand for total, and email for customer.": (
        "Écrivez total=COLONNE, et ainsi de suite ; price avec quantity peut remplacer total, et email customer."
    ),
    "{part} in {option} names no column.": "{part} dans {option} ne nomme aucune colonne.",
    "Write it as NAME=COLUMN.": "Écrivez NOM=COLONNE.",
    "{option} names {word} twice.": "{option} nomme {word} deux fois.",
    "Name it once.": "Nommez-le une fois.",
    "{count} of the {rows} rows of {file} have not the cells that its header names.": (
        "{count} des {rows} lignes de {file} n'ont pas les cellules que son en-tête nomme."
    ),
    "Export it again; a file that was edited by hand may lack quotation marks.": (
        "Exportez-le de nouveau ; un fichier retouché à la main peut manquer de guillemets."
    ),
    "The column {name} of {file} does not hold {what}: {count} of its {all} cells cannot be read.": (
        "La colonne {name} de {file} ne contient pas {what} : {count} de ses {all} cellules sont illisibles."
    ),
    "Name another column, or correct the file.": "Nommez une autre colonne, ou corrigez le fichier.",
    "{file} has no column that is known for {word}; its columns are: {columns}.": (
        "{file} n'a pas de colonne connue pour {word} ; ses colonnes : {columns}."
    ),
    "Name them, for example: --map 'email=COLUMN,sent_at=COLUMN'.": (
        "Nommez-les, par exemple : --map 'email=COLONNE,sent_at=COLONNE'."
    ),
    "{file} names no message.": "{file} ne nomme aucun message.",
    "Export it again, or name its columns: --map.": "Exportez-le de nouveau, ou nommez ses colonnes : --map.",
    "--until {asked} is no day from the last message to today.": (
        "--until {asked} n'est pas un jour entre le dernier message et aujourd'hui."
    ),
    "Leave it out.": "Ne le donnez pas.",
    "This database has several stores.": "Cette base a plusieurs boutiques.",
    "Say whose file it is: --store {names}.": "Dites de qui est le fichier : --store {names}.",
    "A new store needs its currency and its time zone.": (
        "Une nouvelle boutique demande sa devise et son fuseau horaire."
    ),
    "For example: connector import {file} --currency EUR --timezone Europe/Paris": (
        "Par exemple : connector import {file} --currency EUR --timezone Europe/Paris"
    ),
    "Store {key} has --{name} {is}, not {said}.": "La boutique {key} a --{name} {is}, pas {said}.",
    "Leave --{name} out, or import into another store or database.": (
        "Ne donnez pas --{name}, ou importez dans une autre boutique ou une autre base."
    ),
    "{code} is not a currency.": "{code} n'est pas une devise.",
    "Use an ISO code such as EUR or USD.": "Donnez un code ISO, par exemple EUR ou USD.",
}

AUDITS: Mapping[str, str] = {
    "{html} is the file that is read.": "{html} est le fichier à lire.",
    "Give the report a name of its own.": "Donnez au rapport un autre nom.",
    "The report {html} would be no page.": "Le rapport {html} ne serait pas une page.",
    "Give it a name that ends in .html.": "Donnez-lui un nom qui finit par .html.",
    "Name a file in it, such as report.html.": "Donnez un fichier de ce dossier, par exemple rapport.html.",
    "There is no folder {folder}.": "Le dossier {folder} n'existe pas.",
    "Make it, or name another place.": "Créez-le, ou choisissez un autre endroit.",
    "{file} is an export of customers: it has no orders.": (
        "{file} est un export de clients : il n'a pas de commandes."
    ),
    "Name the export of the orders; this one may follow it: --customers FILE.": (
        "Donnez l'export des commandes ; celui-ci peut le suivre : --customers FICHIER."
    ),
    "{file} is no export of customers.": "{file} n'est pas un export de clients.",
    "Name the shop's export of customers, or leave --customers out.": (
        "Donnez l'export des clients de la boutique, ou ne donnez pas --customers."
    ),
    "{day} lies before the first order, of {first}.": "Le {day} précède la première commande, du {first}.",
    "The first order of the file is of {day}, which has not come yet.": (
        "La première commande du fichier est du {day}, qui n'est pas encore venu."
    ),
    "Correct the dates in the file, or name their column: --map.": (
        "Corrigez les dates du fichier, ou indiquez leur colonne : --map."
    ),
    "Ask for a later day.": "Demandez un jour plus récent.",
    "{file} holds no orders.": "{file} ne contient aucune commande.",
    "Export the orders again, and choose all of them there.": (
        "Exportez de nouveau les commandes, en les choisissant toutes."
    ),
    "No order of {file} can be read: {reason}": "Aucune commande de {file} n'est lisible : {reason}",
    "Export the orders again, or say which columns to read: --map.": (
        "Exportez de nouveau les commandes, ou dites quelles colonnes lire : --map."
    ),
    "Line {line}: {reason}": "Ligne {line} : {reason}",
    "Lines {line} to {last}: {reason}": "Lignes {line} à {last} : {reason}",
    "{column}: there is no date.": "{column} : il n'y a pas de date.",
    "{column}: there is none.": "{column} : la cellule est vide.",
    "{column}: {text} is not a date.": "{column} : {text} n'est pas une date.",
    "{column}: {text} is not a number.": "{column} : {text} n'est pas un nombre.",
    "This export has no column Customer ID: customers are told apart by e-mail address or phone number.": (
        "Cet export n'a pas de colonne Customer ID : les clients y sont distingués par leur adresse ou leur téléphone."
    ),
    "Orders in a state that is not known were taken as paid: {words}.": (
        "Des commandes dont l'état n'est pas connu ont été comptées comme payées : {words}."
    ),
    "Some dates can only be day/month/year ({day}), others only month/day/year ({month}): {order} is assumed. "
    "If that is wrong, write the dates as 2026-12-31.": (
        "Certaines dates ne peuvent être que jour/mois/année ({day}), d'autres que mois/jour/année ({month}) : "
        "{order} est supposé. Sinon, écrivez les dates comme 2026-12-31."
    ),
    "No date of the file says whether days or months come first: {order} is assumed. "
    "If that is wrong, write the dates as 2026-12-31.": (
        "Aucune date du fichier ne dit si le jour ou le mois vient d'abord : {order} est supposé. "
        "Sinon, écrivez les dates comme 2026-12-31."
    ),
    "day/month/year": "jour/mois/année",
    "month/day/year": "mois/jour/année",
    "No amount of the file says what its decimal mark is: a {order} is assumed. "
    "If that is wrong, write the amounts with two decimals.": (
        "Aucun montant du fichier ne dit quel est son signe décimal ; supposé : {order}. "
        "Sinon, écrivez les montants avec deux décimales."
    ),
    "comma": "virgule",
    "point": "point",
    "Every order's rows repeat one {column}, and they were added up: "
    "if it is the order's total, map quantity and price instead.": (
        "Les lignes de chaque commande répètent le même {column}, et elles ont été additionnées : "
        "si c'est le total de la commande, indiquez plutôt quantity et price."
    ),
    "No such file or directory": "ce dossier n'existe pas",
    "Permission denied": "accès refusé",
    "Read-only file system": "disque en lecture seule",
    "No space left on device": "disque plein",
}

PLATFORMS: Mapping[str, str] = {
    "Check the key, its permissions and the address of the shop.": (
        "Vérifiez la clé, ses droits et l'adresse de la boutique."
    ),
    "The certificate of {host} is not trusted.": "Le certificat de {host} n'est pas fiable.",
    "Renew it, or name its authority with `ca`.": "Renouvelez-le, ou nommez son autorité par `ca`.",
    "{host} did not answer ({reason}).": "{host} n'a pas répondu ({reason}).",
    "{host} did not answer.": "{host} n'a pas répondu.",
    "{host} asks to wait.": "{host} demande d'attendre.",
    "Try again later.": "Réessayez plus tard.",
    "{host} answered with {what}.": "{host} a répondu par {what}.",
    "A maintenance page, a firewall or a PHP warning may stand in front of the shop's API.": (
        "Une page de maintenance, un pare-feu ou un avertissement PHP cache peut-être l'API de la boutique."
    ),
    "{where} and points elsewhere.": "{where} et renvoie ailleurs.",
    "Write the address exactly as the shop itself has it (https, www).": (
        "Écrivez l'adresse exactement comme la boutique elle-même (https, www)."
    ),
    "Shopify gives no token for {shop}: {reason}": "Shopify ne donne pas de jeton pour {shop} : {reason}",
    "Check client_id and client_secret.": "Vérifiez client_id et client_secret.",
    "Create the app in the Dev Dashboard of the organisation that owns this shop.": (
        "Créez l'app dans le Dev Dashboard de l'organisation à laquelle appartient cette boutique."
    ),
    "Install the app on this shop, then try again.": "Installez l'app sur cette boutique, puis réessayez.",
    "Shopify has frozen this shop.": "Shopify a gelé cette boutique.",
    "The shop's subscription must be paid before anything can be read.": (
        "L'abonnement de la boutique doit être réglé avant que quoi que ce soit puisse être lu."
    ),
    "Shopify has no such shop.": "Shopify ne connaît pas cette boutique.",
    "Write the shop's permanent address: name.myshopify.com.": (
        "Écrivez l'adresse permanente de la boutique : nom.myshopify.com."
    ),
    "Shopify has locked this shop.": "Shopify a bloqué cette boutique.",
    "The shop's owner must contact Shopify.": "Son propriétaire doit contacter Shopify.",
    "This version of the connector does not fit Shopify's API any more; update it.": (
        "Cette version du connecteur ne convient plus à l'API de Shopify ; mettez-le à jour."
    ),
    "Try again; then tell us.": "Réessayez ; si cela dure, signalez-le-nous.",
    "It calls public https addresses only.": "Il n'appelle que des adresses https publiques.",
    "The results of a Mailchimp batch did not arrive whole.": (
        "Les résultats d'un lot de Mailchimp ne sont pas arrivés en entier."
    ),
    "{host} answered {status} with nothing in it.": "{host} a répondu {status}, sans rien d'autre.",
    "Give the app the scope that Shopify names, then reinstall it.": (
        "Donnez à l'app l'autorisation que nomme Shopify, puis réinstallez-la."
    ),
    "Give the app the scope write_customers.": "Donnez à l'app l'autorisation write_customers.",
    "The next run goes on where this one stopped.": "La prochaine exécution reprend où celle-ci s'est arrêtée.",
    "Read": "Lecture",
    "Read/Write": "Lecture/Écriture",
    "WooCommerce > Settings > Advanced > REST API": "WooCommerce > Réglages > Avancé > API REST",
    "{url} has no WooCommerce API at /wp-json/wc/v3/.": "{url} n'a pas d'API WooCommerce à /wp-json/wc/v3/.",
    "Check the address and that WooCommerce is active; "
    "in WordPress, Settings > Permalinks must be anything but Plain.": (
        "Vérifiez l'adresse et que WooCommerce est actif ; "
        "dans WordPress, Réglages > Permaliens doit être autre chose que Simple."
    ),
    "{host} does not say how many pages there are.": "{host} ne dit pas combien de pages il y a.",
    "Let the headers X-WP-Total and X-WP-TotalPages through the proxy or cache in front of the shop.": (
        "Laissez passer les en-têtes X-WP-Total et X-WP-TotalPages par le proxy ou le cache devant la boutique."
    ),
    "The shop ignores modified_after, so its changes cannot be told from the rest.": (
        "La boutique ignore modified_after : ses changements ne se distinguent pas du reste."
    ),
    "Update WooCommerce to 5.8 or newer, or remove what strips the parameter on the way.": (
        "Passez à WooCommerce 5.8 ou plus récent, ou retirez ce qui ôte ce paramètre en chemin."
    ),
    "The key may not write.": "La clé n'a pas le droit d'écrire.",
    "The audience takes no field {name}: {reason}": "L'audience n'accepte pas le champ {name} : {reason}",
    'Delete a field there that is not needed, or write fewer, such as fields = ["stage"].': (
        'Supprimez-y un champ inutile, ou écrivez-en moins, par exemple fields = ["stage"].'
    ),
    "The account has no audience {name}.": "Le compte n'a pas d'audience {name}.",
    "WooCommerce calls only the ports 80, 443 and 8080, and public_url has {port}.": (
        "WooCommerce n'appelle que les ports 80, 443 et 8080, et public_url a {port}."
    ),
    "Put the service behind the shop's own web server: README has the lines for nginx and for Caddy.": (
        "Placez le service derrière le serveur web de la boutique : le README a les lignes pour nginx et Caddy."
    ),
    "WooCommerce gave it up after more than five failures in a row.": (
        "WooCommerce y a renoncé après plus de cinq échecs de suite."
    ),
    "Somebody has paused it.": "Quelqu'un l'a mis en pause.",
    "Its status is {status}.": "Son état est {status}.",
    "See that the service answers at that address, then `connector webhooks install` sets it going again.": (
        "Vérifiez que le service répond à cette adresse, puis `connector webhooks install` le remet en marche."
    ),
    "It is not there: never installed, or deleted by the platform after it failed for hours.": (
        "Il n'y est pas : jamais installé, ou supprimé par la plateforme après des heures d'échecs."
    ),
    "`connector webhooks install`": "Lancez `connector webhooks install`.",
    "Webhook {topic}: {reason}": "Webhook {topic} : {reason}",
}
