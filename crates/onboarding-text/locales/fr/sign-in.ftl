### Signing in and out, passwords, sessions.

login-hint-initial = Le numéro de client figure dans notre premier e-mail, le mot de passe initial dans le second.
login-title = Connexion
login-submit = Se connecter
login-forgot = Mot de passe oublié ?
login-noAccount = Pas encore de compte ?
login-haveAccount = Vous avez déjà un compte ?
login-fail-email = L’adresse e-mail ou le mot de passe est incorrect. Vérifiez les deux ou réinitialisez votre mot de passe.
login-fail-recordNumber = Le numéro de client ou le mot de passe est incorrect. Vérifiez les deux ou réinitialisez votre mot de passe.
login-locked = Trop de tentatives. Réessayez à partir de { $time } ou réinitialisez votre mot de passe dès maintenant.
login-initialExpired = Votre mot de passe initial a expiré. Demandez-nous-en un nouveau : { $contact }
login-suspended = Votre compte est bloqué. Contactez-nous : { $contact }
login-required = Connectez-vous pour ouvrir cette page.
login-sharedDevice = Déconnectez-vous lorsque vous avez terminé, surtout sur un appareil partagé.

firstPassword-title = Choisir votre propre mot de passe
firstPassword-why = Le mot de passe initial n’est valable que pour la première connexion. Choisissez maintenant votre propre mot de passe.

password-saved = Votre nouveau mot de passe est enregistré.

totp-title = Saisir le code de sécurité
totp-intro = Ouvrez votre application d’authentification et saisissez le code affiché.
totp-lost = Vous n’avez pas accès à l’application ? { $contact }
totp-setup-title = Configurer l’application d’authentification
totp-setup-scan = Scannez ce code avec votre application d’authentification.
totp-setup-manual = Ou saisissez cette clé dans l’application :
totp-setup-submit = Terminer la configuration
totp-setup-done = L’application d’authentification est configurée.

logout = Se déconnecter
logout-done = La déconnexion a bien été effectuée.
logout-cleared = Nous avons également effacé les données de ce portail enregistrées dans votre navigateur.

reset-title = Réinitialiser le mot de passe
reset-intro-email = Saisissez l’adresse e-mail de votre compte. Nous vous enverrons un lien.
reset-intro-recordNumber = Saisissez votre numéro de client. Nous enverrons un lien à l’adresse e-mail enregistrée.
reset-submit = Demander un lien
reset-sent = Si un compte correspond à ces informations, nous avons envoyé un e-mail. Le lien qu’il contient est valable jusqu’à { $time }.
reset-noAccess = Vous n’avez plus accès à cette adresse e-mail ? { $contact }
reset-done = Votre mot de passe a été modifié. Une nouvelle connexion est nécessaire sur tous les autres appareils.

session-warn = Par sécurité, votre session prendra fin à { $time }.
session-extend = Prolonger la session
session-extended = Votre session est prolongée jusqu’à { $time }.
session-expired = Votre session a expiré. Connectez-vous à nouveau.
session-expiredForm = Votre session a expiré. Vos informations sont conservées. Il suffit de saisir à nouveau le mot de passe et de renvoyer le formulaire.
session-ended = Votre session sur cet appareil a été fermée. Connectez-vous à nouveau.
session-ended-password = Votre mot de passe a été modifié. Connectez-vous avec le nouveau mot de passe.
