### From the register form to the finished set-up.

consent-legend = Conditions et consentements
consent-terms = J’accepte les { $link }.
consent-terms-link = conditions d’utilisation
consent-privacy = J’ai lu la { $link }.
consent-privacy-link = déclaration de protection des données
consent-edelivery = J’accepte de recevoir mes courriers par voie électronique plutôt que par la poste.
consent-edelivery-link = Conditions de l’envoi électronique
consent-marketing = Je souhaite recevoir des actualités et des offres par e-mail. Je peux retirer ce consentement à tout moment.
consent-marketing-link = Détails sur les actualités et les offres
consent-marketing-doubleOptIn = Nous vous enverrons un e-mail à ce sujet. Votre consentement ne prendra effet qu’après votre confirmation.
consent-other = J’accepte : { $link }

marketing-confirm-title = Confirmer le consentement
marketing-confirm-ask = Souhaitez-vous recevoir des actualités et des offres à l’adresse { $email } ?
marketing-confirm-done = Merci. Votre consentement est confirmé. Vous pouvez le retirer à tout moment.
marketing-withdraw = Ne plus recevoir d’actualités
marketing-withdrawn = Vous ne recevrez plus d’actualités ni d’offres par e-mail.

accept-title = Nous avons mis à jour nos documents
accept-body = Lisez la nouvelle version avant de continuer.
accept-validFrom = La nouvelle version s’applique à partir du { $date }.
accept-changes = Ce qui change
accept-decline = Refuser et se déconnecter
accept-decline-info = Sans votre accord, vous ne pouvez pas utiliser le portail. Votre compte est conservé. Vous pouvez télécharger vos données ou supprimer le compte.
accept-done = Merci. Votre accord est enregistré.

register-title = Créer un compte
register-intro = Munissez-vous de la lettre contenant votre numéro d’inscription.
register-submit = Créer mon compte
register-noNumber = Vous ne trouvez pas la lettre ou le numéro ? { $contact }
register-closed-title = Les inscriptions sont actuellement fermées
register-closed-body = Si vous avez déjà un compte, vous pouvez toujours vous connecter. Une question ? { $contact }
register-expired-title = Votre inscription a expiré
register-expired-body = Aucun compte n’a été créé. Inscrivez-vous à nouveau.
register-restart = S’inscrire à nouveau
register-done-title = C’est fait !
register-done-body = Votre compte est activé. Vous pouvez maintenant vous connecter.
register-done-app = Vous pouvez aussi vous connecter dans l’application.
register-sent = Merci. Confirmez maintenant votre adresse e-mail à l’aide du lien envoyé à { $email }.
register-portal-title = S’inscrire sur le portail

confirm-title = Confirmer votre adresse e-mail
confirm-codeSent = Nous avons envoyé un code d’activation à { $email }. Fin de validité : { $datetime }.
confirm-codeOrLink = L’e-mail contient aussi un lien. Le code ou le lien : l’un des deux suffit.
confirm-linkSent = Nous avons envoyé un e-mail à { $email }. Ouvrez le lien qu’il contient pour confirmer votre adresse.
confirm-noMail-title = Vous n’avez pas reçu d’e-mail ?
confirm-noMail-body = Vérifiez votre dossier de courrier indésirable. L’e-mail provient de l’adresse { $sender }.
confirm-ask = Souhaitez-vous confirmer l’adresse { $email } pour votre compte ?
confirm-already = Votre adresse e-mail est déjà confirmée. Vous pouvez vous connecter.
confirm-alreadyPending = Votre adresse e-mail est déjà confirmée. Votre inscription est encore en cours de vérification.
confirm-done = Votre adresse e-mail est confirmée.
confirm-passwordSent = Votre adresse e-mail est confirmée. Nous vous avons envoyé un mot de passe par e-mail.
confirm-passwordMissing = Vous n’avez pas reçu l’e-mail contenant le mot de passe ? Vérifiez votre dossier de courrier indésirable ou réinitialisez votre mot de passe.

resend-wait = Vous pourrez demander un nouvel e-mail à partir de { $time }.
resend-done = Nous avons envoyé un nouvel e-mail à { $email }. Utilisez uniquement le plus récent.
resend-limit = Nous ne pouvons plus envoyer d’e-mail à cette adresse aujourd’hui. Vous pourrez en demander un nouveau à partir du { $datetime }.

link-changeEmail = Modifier l’adresse e-mail
link-expired-title = Ce lien a expiré
link-expired-body = Par sécurité, nos liens ne sont valables que pour une durée limitée. Demandez un nouvel e-mail.
link-superseded = Ce lien a été remplacé par un lien plus récent. Ouvrez l’e-mail le plus récent que vous avez reçu de notre part.
link-expired-invite = Demandez une nouvelle invitation à la personne qui vous a envoyé la première.
link-used-title = Ce lien a déjà été utilisé
link-used-body = Chaque lien n’est utilisable qu’une seule fois. Connectez-vous ou demandez un nouvel e-mail.
link-incomplete-title = Ce lien est incomplet
link-incomplete-body = Copiez le lien en entier depuis l’e-mail, puis ouvrez-le à nouveau.

changeEmail-note = Si vous modifiez l’adresse, le code et le lien déjà envoyés ne seront plus valables.

claim-title = Inscription pour les entreprises
claim-intro = Saisissez votre numéro de client et le code postal de votre adresse de facturation.
claim-intro-ch = Saisissez votre numéro de client et le NPA de votre adresse de facturation.

details-title = Vos informations
details-masked = Pour protéger les données, nous n’affichons le nom qu’en partie
details-submit = S’inscrire

pending-title = Votre inscription est en cours de vérification
pending-body = Une personne habilitée de votre entreprise doit approuver l’accès. Vous recevrez ensuite un e-mail.
pending-body-clerk = Nous vérifions vos informations. Vous recevrez un e-mail dès que l’accès sera approuvé.
pending-time = Comptez environ { $days } jours ouvrables.
pending-expiry = Sans approbation, l’inscription expirera le { $date }.
pending-approved-title = Votre accès est approuvé
pending-approved-body = Ouvrez le lien reçu par e-mail à l’adresse { $email } pour configurer votre accès.
pending-rejected-title = Votre inscription n’a pas été approuvée
pending-rejected-reason = Motif : { $reason }
pending-rejected-body = Contactez votre entreprise ou contactez-nous : { $contact }

setup-welcome-title = Bienvenue, { $name }
setup-welcome-body = Votre accès est approuvé. Configurez-le maintenant en trois étapes : conditions d’utilisation, protection des données, mot de passe.
setup-tasks = Vos étapes
setup-pause = Vous pouvez vous interrompre à tout moment et rouvrir le lien de l’e-mail jusqu’au { $datetime }.
setup-already = Votre accès est déjà configuré. Vous pouvez vous connecter.
setup-terms-title = Conditions d’utilisation
setup-terms-accept = Accepter et continuer
setup-privacy-title = Déclaration de protection des données
setup-privacy-accept = J’ai lu et je continue
setup-password-title = Choisir un mot de passe

invite-body = { $inviter } vous invite à utiliser { $portal } pour { $company }.
invite-role = Votre rôle : { $role }
invite-checkName = Vérifiez votre nom et modifiez-le si nécessaire.
invite-existing-body = Un compte existe déjà pour { $email }. Connectez-vous pour accepter l’invitation.
invite-existing-submit = Se connecter et accepter l’invitation
invite-wrongAccount = Cette invitation est destinée à { $email }. Déconnectez-vous, puis reconnectez-vous avec cette adresse.
invite-accepted = L’invitation est acceptée. Votre compte est désormais aussi associé à { $company }.
invite-alreadyMember = Votre compte est déjà associé à { $company }. Vous n’avez rien d’autre à faire.
invite-revoked = Cette invitation a été retirée. Contactez la personne qui vous l’a envoyée.

ok-passwordSet = Votre mot de passe est enregistré. Connectez-vous maintenant.
confirm-deny = Ce n’était pas moi
