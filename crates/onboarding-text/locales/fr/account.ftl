### The account, the internal area, linking a business.

account-title = Mon compte
account-saved = Vos modifications sont enregistrées.
account-profile = Modifier le nom et la langue
account-askPassword = Par sécurité, saisissez votre mot de passe
account-name = Modifier le nom
account-language = Modifier la langue
account-language-hint = S’applique aux pages, aux e-mails et aux lettres
account-email = Modifier l’adresse e-mail
account-email-pending = La nouvelle adresse { $email } sera valable dès que vous l’aurez confirmée.
account-email-sent = Nous avons envoyé un lien à { $email }. Ouvrez-le pour confirmer la nouvelle adresse.
account-email-done = Votre nouvelle adresse e-mail { $email } est confirmée.
account-password = Modifier le mot de passe
account-consents = Gérer les consentements
account-consents-given = Donné le { $date }, version { $version }
account-consents-withdrawn = Retiré le { $date }
account-consents-pending = Confirmation par e-mail en attente
account-consents-required = Sans ce consentement, vous ne pouvez pas utiliser le portail. Pour le retirer, supprimez votre compte.
account-consents-saved = Votre choix est enregistré.
account-consents-history = Décisions antérieures
consent-withdraw = Retirer le consentement
account-sessions = Appareils connectés
account-sessions-current = Cet appareil
account-sessions-unknown = Appareil inconnu
account-sessions-last = Dernière activité : { $datetime }
account-sessions-end = Déconnecter l’appareil
account-sessions-endOthers = Déconnecter tous les autres appareils
account-sessions-ended = L’appareil est déconnecté.
device-app = Application
device-browser = Navigateur
device-since = Connecté depuis le
device-last = Dernière activité
device-until = Valable jusqu’au
account-export = Télécharger mes données
account-export-intro = Le fichier contient toutes les informations enregistrées pour votre compte.
account-delete = Supprimer le compte
account-delete-warn = Vous perdrez l’accès au portail. Vos contrats restent en vigueur.
account-delete-final = Le compte ne pourra pas être rétabli.
account-delete-done = Votre compte est supprimé.
leave-title = Mettre fin à l’accès : { $company }
leave-warn = Vous ne pourrez ensuite plus utiliser le portail pour { $company }. L’administration principale de votre entreprise peut vous inviter à nouveau.
leave-submit = Mettre fin à l’accès
leave-done = Votre accès a pris fin.

area-title = Mon espace
area-lastSignIn = Dernière connexion : { $datetime }
area-firstSignIn = Il s’agit de votre première connexion.
area-memberLocked = L’espace membres sera accessible dès que votre compte sera associé à une entreprise.

business-title = Mon entreprise
business-unlinked = Votre compte n’est pas encore associé à une entreprise.
business-linked = Votre compte est associé à { $business }.
business-tasks = Comment ouvrir l’espace membres
business-task-letter = Attendre la lettre contenant le code PIN
business-hasPin = Vous avez déjà un code PIN, par exemple sur votre avis de cotisation ? Vous pouvez alors associer directement votre compte.
business-linkAnother = Associer une autre entreprise
business-unlink = Supprimer l’association
business-unlink-warn = Vous perdrez l’accès à l’espace membres pour { $business }. Pour le rétablir, il vous faudra un nouveau code PIN.
business-unlink-done = Votre compte n’est plus associé à { $business }.

pin-request = Demander un code PIN
pin-how = Nous envoyons le code PIN par la poste à l’adresse enregistrée pour votre entreprise. Comptez environ { $days } jours ouvrables.
pin-requested = Votre demande de code PIN est enregistrée. Si le numéro d’entreprise est correct, la lettre sera envoyée à l’adresse enregistrée pour cette entreprise.
pin-wait = Vous avez demandé un code PIN le { $date }. Vous pourrez en demander un nouveau à partir du { $nextDate }.
pin-new = Demander un nouveau code PIN
pin-replaces = Un nouveau code PIN remplace le précédent, qui ne sera plus valable.

businessLink-title = Associer à mon entreprise
businessLink-warn = Après l’activation, votre session prendra fin automatiquement. Reconnectez-vous ensuite pour accéder à l’espace membres.
businessLink-submit = Activer et se déconnecter
businessLink-signIn = Votre compte est associé. Reconnectez-vous pour ouvrir l’espace membres.
businessLink-done = Votre compte est associé à { $business }. Reconnectez-vous pour ouvrir l’espace membres.

member-title = Espace membres
member-for = Vous utilisez l’espace membres pour { $business }.
