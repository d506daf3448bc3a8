"""What the command line says of itself, in French: each help text, and what is told of wrong usage, by the English."""

from __future__ import annotations

from collections.abc import Mapping

HEADINGS: Mapping[str, str] = {"Options": "Options", "Arguments": "Arguments", "Commands": "Commandes"}

HELP: Mapping[str, str] = {
    "Show this message and exit.": "Affiche cette aide.",
    "Install completion for the current shell.": "Installe la complétion pour ce shell.",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Affiche la complétion pour ce shell, pour la copier ou l'adapter."
    ),
    "Knows where each customer of a shop stands in the life cycle, and writes it back as tags and audiences.": (
        "Sait où en est chaque client d'une boutique dans son cycle de vie, et l'écrit en tags et en audiences."
    ),
    "Play the whole road on an invented French shop: pull, recompute, plan, push, and a second push of nothing.": (
        "Joue tout le parcours sur une boutique inventée : lire, calculer, planifier, écrire, puis écrire zéro."
    ),
    "Print data for programs.": "Donne des données pour des programmes.",
    "How many people the shop has.": "Nombre de personnes de la boutique.",
    "fr or en.": "fr ou en.",
    "Keep the demo's database in this folder.": "Garde la base de la démo dans ce dossier.",
    "Open the dashboard on it, without a login.": "Ouvre le tableau de bord dessus, sans identifiant.",
    "Of the dashboard; 0 takes a free one.": "Port du tableau de bord ; 0 en prend un libre.",
    "Open a browser on it.": "Ouvre un navigateur dessus.",
    "Ask every shop and tool whether its key works, and say what to do where something is missing.": (
        "Demande à chaque boutique et outil si sa clé marche, et dit que faire où il manque quelque chose."
    ),
    "Settings file.": "Fichier de réglages.",
    "Path of a SQLite file, or postgresql+psycopg://…": "Chemin d'un fichier SQLite, ou postgresql+psycopg://…",
    "Read orders or customers from a shop's CSV export. Reading a file again changes nothing.": (
        "Lit les commandes ou les clients d'un export CSV. Relire un fichier ne change rien."
    ),
    "A CSV export (also .csv.gz).": "Un export CSV (aussi .csv.gz).",
    "Name of the store that the orders belong to.": "Nom de la boutique à qui sont les commandes.",
    "ISO code, for a new store: EUR.": "Code ISO, pour une nouvelle boutique : EUR.",
    "IANA name, for a new store: Europe/Paris.": "Nom IANA, pour une nouvelle boutique : Europe/Paris.",
    "customer=COL,placed_at=COL,total=COL[,order=COL,email=COL,quantity=COL,…]": (
        "customer=COL,placed_at=COL,total=COL[,order=COL,email=COL,quantity=COL,…]"
    ),
    "Columns of an export of customers that rules ask for.": "Colonnes d'un export de clients pour les règles.",
    "Count orders of 0.": "Compte les commandes à 0.",
    "Say where the customers of a CSV export stand, without settings or a database: nothing else is written.": (
        "Dit où en sont les clients d'un export CSV, sans réglages ni base : rien d'autre n'est écrit."
    ),
    "A CSV export of orders (also .csv.gz).": "Un export CSV de commandes (aussi .csv.gz).",
    "Write it as one page here.": "L'écrit ici en une page.",
    "The shop's CSV export of customers, too.": "L'export CSV des clients de la boutique, aussi.",
    "By default the terminal's; of --json en.": "Par défaut, celle du terminal ; de --json, en.",
    "YYYY-MM-DD; by default that of the last order.": "AAAA-MM-JJ ; par défaut, celui de la dernière commande.",
    "ISO code, where the file names none.": "Code ISO, si le fichier n'en dit pas.",
    "IANA name; by default this computer's, Europe/Paris if that is UTC.": (
        "Nom IANA ; par défaut, celui de cet ordinateur, Europe/Paris si c'est UTC."
    ),
    "customer=COL,placed_at=COL,total=COL, for an export that is not known.": (
        "customer=COL,placed_at=COL,total=COL, pour un export qui n'est pas connu."
    ),
    "Read which messages went to whom. Reading a file again changes nothing.": (
        "Lit quels messages sont allés à qui. Relire un fichier ne change rien."
    ),
    "A CSV file of messages that were sent: e-mail, date.": "Un fichier CSV de messages envoyés : e-mail, date.",
    "email=COL,sent_at=COL": "email=COL,sent_at=COL",
    "Name of the tool that sent them.": "Nom de l'outil qui les a envoyés.",
    "The day up to which the file has them all.": "Le jour jusqu'auquel le fichier les a tous.",
    "Say from which day on a person may be written to, by the caps of their segments and the messages known.": (
        "Dit dès quel jour écrire à une personne, d'après les plafonds de ses segments et les messages connus."
    ),
    "An e-mail, a customer id, or person:NUMBER.": "Un e-mail, un numéro de client, ou person:NUMÉRO.",
    "Read what changed at the shops since the last time.": "Lit ce qui a changé aux boutiques depuis la dernière fois.",
    "Name of a store in the settings.": "Nom d'une boutique dans les réglages.",
    "Also read the last 60 days again, and look for what is gone.": (
        "Relit aussi les 60 derniers jours, et cherche ce qui a disparu."
    ),
    "Insist where a guard refuses.": "Insiste là où un garde-fou refuse.",
    "Compare our counts and money with the shop's own: who differs, and why. Fails where no reason is found.": (
        "Compare nos comptes à ceux de la boutique : qui diffère, et pourquoi. Échoue si aucune raison n'est trouvée."
    ),
    "How many people, and members of a segment, to compare.": "Combien de personnes et de membres comparer.",
    "Work out who is in which segment.": "Calcule qui est dans quel segment.",
    "Look at everyone, not only at who changed or is due.": (
        "Regarde tout le monde, pas seulement qui a changé ou dont c'est le jour."
    ),
    "On the first time, rebuild the past day by day.": "La première fois, refait le passé jour par jour.",
    "Write the differences to the destinations.": "Écrit les différences aux destinations.",
    "Name of a destination; all of them by default.": "Nom d'une destination ; toutes par défaut.",
    "Print the plan that would run, and write nothing.": "Affiche le plan, et n'écrit rien.",
    "One person: an e-mail, a customer id. Repeatable.": "Une personne : e-mail, numéro de client. Répétable.",
    "At most so many people: a pilot.": "Tant de personnes au plus : un essai.",
    "Go on after an undo.": "Reprend après une annulation.",
    "Bring delivered texts to those of the settings.": "Met les textes livrés à ceux des réglages.",
    "Try once more what was refused for ever.": "Réessaie ce qui a été refusé pour toujours.",
    "Show the plans that wait for a yes, or give it.": "Affiche les plans qui attendent un oui, ou le donne.",
    "A plan that waits; without it, the waiting ones are listed.": (
        "Un plan qui attend ; sans lui, ceux qui attendent sont listés."
    ),
    "Apply it.": "L'applique.",
    "Pull, recompute and push, as the service does.": "Lit, calcule et écrit, comme le service.",
    "Count the people and the money of each stage, and the people of each audience.": (
        "Compte les personnes et l'argent de chaque étape, et les personnes de chaque audience."
    ),
    "State at the end of a day, YYYY-MM-DD.": "État à la fin d'un jour, AAAA-MM-JJ.",
    "Days; writes nothing.": "Jours ; n'écrit rien.",
    "Show what is off, too; --json always does.": "Montre aussi ce qui est éteint ; --json toujours.",
    "Only these families and audiences, by key. Repeatable.": "Ces familles et audiences seules, par clé. Répétable.",
    "List the people of a segment.": "Liste les personnes d'un segment.",
    "For example spread.loyal.": "Par exemple spread.loyal.",
    "What people spent, and what they may spend in the next 12 months, with its interval.": (
        "Ce que les clients ont dépensé, et dépenseront sans doute en 12 mois, avec l'intervalle."
    ),
    "Hold the model of --as-of against what came since.": "Compare le modèle de --as-of à ce qui a suivi.",
    "List so many of the most promising.": "Liste tant des plus prometteurs.",
    "Yearly rate, in percent.": "Taux annuel, en pour cent.",
    "Show who went from which stage to which between two days, and why.": (
        "Montre qui est passé de quelle étape à quelle autre entre deux jours, et pourquoi."
    ),
    "First day; by default 30 days before.": "Premier jour ; par défaut 30 jours avant.",
    "Last day; by default today.": "Dernier jour ; par défaut aujourd'hui.",
    "Key of a family that is switched on.": "Clé d'une famille en service.",
    "Show how many people each stage held on each day.": "Montre combien de personnes chaque étape avait chaque jour.",
    "Judge each segment: identifiable, substantial, accessible, stable, differentiable, actionable.": (
        "Juge chaque segment : identifiable, substantiel, accessible, stable, distinct, actionnable."
    ),
    "Rank what the objectives are worth, and how many people a month reach them; or moves of one's own.": (
        "Classe ce que valent les objectifs, et combien de personnes les atteignent par mois ; ou vos passages."
    ),
    "Key of a family; by default all that are switched on, spread for goals.": (
        "Clé d'une famille ; par défaut toutes celles en service, spread pour les passages."
    ),
    "Two stages, as new:loyal. Repeatable; by default the objectives.": (
        "Deux étapes, comme new:loyal. Répétable ; par défaut les objectifs."
    ),
    "Compare those who are held out of a segment with those who are written to.": (
        "Compare le groupe témoin d'un segment à ceux à qui on écrit."
    ),
    "For example spread.inactive; all by default.": "Par exemple spread.inactive ; tous par défaut.",
    "Show what the shop lives on: best customers, first and later purchases, products, and what is known.": (
        "Montre de quoi vit la boutique : meilleurs clients, premiers achats et suivants, produits, ce qui est connu."
    ),
    "Count the people for whom a rule holds, and say whether Shopify's own segments know it.": (
        "Compte les personnes pour qui une règle vaut, et dit si les segments de Shopify la connaissent."
    ),
    'A rule: "last_order_date <= -180d".': 'Une règle : "last_order_date <= -180d".',
    "Give up after so long.": "Abandonne après ce temps.",
    "Show who would change stage, and what would be pushed, if values or rules were others. Writes nothing.": (
        "Montre qui changerait d'étape, et ce qui serait écrit, avec d'autres valeurs ou règles. N'écrit rien."
    ),
    'spread.window=120, "aud.mine=RULE", "spread.new=RULE".': (
        'spread.window=120, "aud.mine=RÈGLE", "spread.new=RÈGLE".'
    ),
    "Show each condition with the person's own value, what is missing, and what changes next.": (
        "Montre chaque condition avec la valeur de la personne, ce qui manque, et ce qui change ensuite."
    ),
    "For example spread.loyal; all by default.": "Par exemple spread.loyal ; tous par défaut.",
    "Take back what a push wrote, where it still stands as it was left.": (
        "Reprend ce qu'un envoi a écrit, là où c'est resté tel quel."
    ),
    "The number that the push printed.": "Le numéro que l'envoi a affiché.",
    "Remove everything that we ever wrote at a destination.": "Retire tout ce que nous avons écrit à une destination.",
    "Name of a destination.": "Nom d'une destination.",
    "List the people that were found to be one, and by which key.": (
        "Liste les personnes reconnues comme une seule, et par quelle clé."
    ),
    "An e-mail or a customer id; all people by default.": "Un e-mail ou un numéro de client ; tous par défaut.",
    "Undo a merge: the two are never joined again.": "Défait une fusion : les deux ne seront plus jamais réunis.",
    "The number that `merges` printed.": "Le numéro que `merges` a affiché.",
    "Give out everything that is held of a person, as JSON.": "Donne tout ce qui est connu d'une personne, en JSON.",
    "A new file, readable by its owner alone; else it is printed.": (
        "Un nouveau fichier, lisible de vous seul ; sinon, c'est affiché."
    ),
    "Erase people, here and what was written at destinations; past counts stand.": (
        "Efface des personnes, ici et aux destinations ; les comptes passés restent."
    ),
    "E-mails, customer ids, person:NUMBER; without any, what still waits goes on.": (
        "E-mails, numéros de client, person:NUMÉRO ; sans rien, ce qui attend encore reprend."
    ),
    "Do not ask.": "Sans demander.",
    "Give up what cannot be taken away at a destination.": "Renonce à ce qui ne peut être retiré à une destination.",
    "Take a person out of profiling and pushes, and our tags and fields off them.": (
        "Sort une personne du profilage et des envois, et lui retire nos tags et champs."
    ),
    "End the objection.": "Met fin à l'opposition.",
    "Print the record of processing (GDPR, article 30), as the settings are now.": (
        "Affiche le registre des traitements (RGPD, article 30), d'après les réglages actuels."
    ),
    "Write a whole copy of the database and of what lies beside it, also while a sync is running.": (
        "Écrit une copie entière de la base et de ce qui l'accompagne, même pendant une synchronisation."
    ),
    "Where to write the copy.": "Où écrire la copie.",
    "Put a copy back; what was there stays beside it, and who was erased or objected since stays so.": (
        "Remet une copie ; ce qui était là reste à côté, et qui s'est opposé ou fut effacé depuis le reste."
    ),
    "A copy that `backup` wrote.": "Une copie que `backup` a écrite.",
    "Serve the dashboard, run the schedule and receive webhooks until told to stop.": (
        "Sert le tableau de bord, suit l'horaire et reçoit les webhooks, jusqu'à l'arrêt."
    ),
    "Where to listen; else as [serve] says, 127.0.0.1.": "Où écouter ; sinon selon [serve], 127.0.0.1.",
    "On which port; else as [serve] says.": "Sur quel port ; sinon selon [serve].",
    "Ask the shops to tell of changes at once, see whether they do, or have them stop.": (
        "Demande aux boutiques de signaler aussitôt les changements, vérifie qu'elles le font, ou l'arrête."
    ),
    "What to do with them.": "Que faire d'eux.",
    "What could not be read, with its reason.": "Ce qui n'a pas pu être lu, avec la raison.",
    "List the records that could not be read or stored, each with its reason and the hash of what was sent.": (
        "Liste ce qui n'a pu être lu ou rangé, avec la raison et l'empreinte de ce qui fut envoyé."
    ),
    "Fetch what is in quarantine again: it is stored, or kept with the reason of today.": (
        "Redemande ce qui est en quarantaine : c'est rangé, ou gardé avec la raison du jour."
    ),
    "A number of the list; all by default.": "Un numéro de la liste ; tous par défaut.",
    "Who may open the dashboard.": "Qui peut ouvrir le tableau de bord.",
    "List who may open the dashboard, and as what.": "Liste qui peut ouvrir le tableau de bord, et comme quoi.",
    "Print a one-time code with which somebody chooses a password for the dashboard.": (
        "Affiche un code à usage unique pour choisir un mot de passe du tableau de bord."
    ),
    "How they sign in; of somebody known, for a forgotten password.": (
        "Son identifiant ; s'il est connu, pour un mot de passe oublié."
    ),
    "admin changes things; viewer (by default) looks.": "admin modifie ; viewer (par défaut) regarde.",
    "Let somebody in no more; their sessions and their token end at once.": (
        "Ne laisse plus entrer quelqu'un ; ses sessions et son jeton finissent aussitôt."
    ),
    "How they sign in.": "Son identifiant.",
    "Print a token for the JSON API; the one that the user had ends.": (
        "Affiche un jeton pour l'API JSON ; celui que le compte avait prend fin."
    ),
    "A user, or a new name for a program.": "Un compte, ou un nouveau nom pour un programme.",
    "Of a new name.": "Pour un nouveau nom.",
}

USAGE: Mapping[str, str] = {
    "Missing argument '{name}'.": "Il manque l'argument {name}.",
    "Missing argument '{name}'. Choose from: {choices}": "Il manque l'argument {name}. Au choix : {choices}",
    "Missing option '{name}'.": "Il manque l'option {name}.",
    "Missing command.": "Il manque une commande.",
    "No such command '{name}'.": "Il n'y a pas de commande {name}.",
    "No such command '{name}'. Did you mean {near}?": "Il n'y a pas de commande {name}. Peut-être {near} ?",
    "No such option: {name}": "Il n'y a pas d'option {name}.",
    "No such option: {name} (Possible options: {near})": "Il n'y a pas d'option {name} (peut-être {near}).",
    "Option '{name}' requires an argument.": "L'option {name} veut une valeur.",
    "Option '{name}' does not take a value.": "L'option {name} ne prend pas de valeur.",
    "Got unexpected extra argument(s) ({name})": "Il y a un argument de trop : {name}.",
    "Invalid value for '{name}': {reason}": "La valeur de {name} ne convient pas : {reason}",
    "Input should be greater than or equal to {least}": "{least} au moins.",
    "Input should be less than or equal to {most}": "{most} au plus.",
    "Input should be a valid integer, unable to parse string as an integer": "un nombre entier est attendu.",
    "Input should be a valid number, unable to parse string as a number": "un nombre est attendu.",
    "Value error, '{name}' is not one of {choices}.": "{name} n'est pas parmi {choices}.",
    "See `{command} --help`.": "Voyez `{command} --help`.",
}
"""What is told of wrong usage: the sentences are Typer's own."""
