### What every page shares, the start page and the installed app.

common-skip = Aller au contenu
common-language = Langue
common-back = Retour
common-continue = Continuer
common-cancel = Annuler
common-save = Enregistrer
common-change = Modifier
common-print = Imprimer
common-optional = (facultatif)
common-allRequired = Tous les champs sont obligatoires, sauf ceux marqués comme facultatifs.
common-errorPrefix = Erreur :
common-problem = Il y a un problème
common-success = Opération réussie
common-step = Étape { $n } sur { $total }
common-help = Aide et contact
common-imprint = Mentions légales
common-privacy = Protection des données
common-a11y = Accessibilité
common-a11yReport = Signaler un problème d’accessibilité
common-newTab = (s’ouvre dans un nouvel onglet)
common-home = Aller à la page d’accueil
common-homeLogo = { $portal }, page d’accueil
common-yes = Oui
common-no = Non
common-search = Rechercher
common-download = Télécharger
common-remove = Retirer
common-changeField = Modifier : { $field }
common-notGiven = Non indiqué
common-labelled = { $name } : { $value }
common-warning = Attention
common-questions = Une question ? { $contact }
common-page = Page { $n } sur { $total }
common-nav-main = Navigation principale
common-nav-account = Navigation du compte
common-nav-footer = Pied de page
common-signedInAs = Session ouverte : { $name }
common-cookies = Nous utilisons uniquement les cookies nécessaires à la connexion et au choix de la langue.

task-done = Terminé
task-inProgress = En cours
task-todo = À faire
task-notYet = Pas encore possible

document-edition = Version { $version }
document-version = Version { $version } du { $date }
document-pdf = Télécharger en PDF ({ $size })
document-outdated = Ceci est une version antérieure.
document-current = Voir la version actuelle

start-title = Bienvenue
start-choosePortal = Choisir un portail
start-firstTime = Première visite ?
start-intro-letter = Vous avez reçu une lettre contenant un numéro d’inscription. Gardez-la à portée de main et créez votre compte.
start-intro-claim = Votre entreprise a un numéro de client chez nous. Gardez une facture à portée de main et inscrivez-vous.
start-intro-provisioned = Après la conclusion de votre contrat, vous recevez deux e-mails : l’un contient votre numéro de client, l’autre le mot de passe initial. Ils vous permettent de vous connecter pour la première fois.
start-intro-open = Inscrivez-vous avec votre nom, votre adresse e-mail et votre date de naissance. Nous vous enverrons le mot de passe par e-mail.
start-intro-membership = Pour l’espace membres, il vous faut aussi le numéro d’entreprise et un code PIN. Vous recevrez le code PIN par la poste.
start-invited = Vous avez reçu une invitation ? Ouvrez le lien qu’elle contient.

app-entry = Portail clients
app-install = Installer l’application
app-open = Ouvrir l’application

embed-signIn = Se connecter
embed-toPortal = Accéder au portail clients

offline-title = Pas de connexion internet
offline-body = Rétablissez la connexion, puis rechargez la page.
offline-retry = Recharger la page
