### Labels, hints and buttons of forms.

field-registrationNumber = Numéro d’inscription
field-customerNumber = Numéro de client
field-postcode = Code postal
field-postcode-ch = NPA
field-firstName = Prénom
field-lastName = Nom de famille
field-birthDate = Date de naissance
field-birthDate-day = Jour
field-birthDate-month = Mois
field-birthDate-year = Année
field-email = Adresse e-mail
field-emailNew = Nouvelle adresse e-mail
field-username = Identifiant
field-company = Entreprise
field-password = Mot de passe
field-passwordCreate = Choisissez un mot de passe
field-passwordPrevious = Mot de passe actuel
field-passwordNew = Nouveau mot de passe
field-passwordRepeat = Confirmez le nouveau mot de passe
field-activationCode = Code d’activation
field-totp = Code de sécurité
field-businessNumber = Numéro d’entreprise
field-pin = Code PIN reçu par courrier

hint-registrationNumber = Il figure en haut à droite de votre lettre, par exemple { $example }
hint-customerNumber = Il figure sur votre facture, par exemple { $example }
hint-birthDate = Par exemple 31 3 1980
hint-lastName-letter = Tel qu’il figure dans votre lettre
hint-email-code = Nous enverrons votre code d’activation à cette adresse
hint-email-link = Nous enverrons un lien de confirmation à cette adresse
hint-activationCode = { $n } caractères, par exemple { $example }. Vous pouvez copier le code depuis l’e-mail et le coller ici.
hint-totp = { $n } chiffres affichés par votre application d’authentification
hint-businessNumber = Il figure en haut de la lettre contenant votre code PIN
hint-businessNumber-request = Il figure sur votre avis de cotisation, par exemple { $example }
hint-code-tolerant = Les majuscules, les espaces et les tirets n’ont pas d’importance
hint-code-noLookalikes = Ne contient jamais les caractères { $chars }

btn-show = Afficher
btn-hide = Masquer
btn-resendCode = Envoyer un nouveau code
btn-resendMail = Renvoyer l’e-mail
btn-confirmEmail = Confirmer l’adresse e-mail
btn-confirm = Confirmer

aria-showPassword = Afficher le mot de passe
aria-hidePassword = Masquer le mot de passe
aria-passwordShown = Votre mot de passe est visible.
aria-passwordHidden = Votre mot de passe est masqué.
aria-showField = Afficher : { $field }
aria-hideField = Masquer : { $field }
aria-fieldShown = Désormais visible : { $field }
aria-fieldHidden = Désormais masqué : { $field }

pw-title = Critères du mot de passe
pw-minLength = au moins { $min } caractères
pw-maxLength = au plus { $max } caractères
pw-upper = au moins une majuscule
pw-lower = au moins une minuscule
pw-digit = au moins un chiffre
pw-special = au moins un caractère spécial, par exemple # % + &
pw-notCommon = pas de mot de passe courant
pw-notPersonal = sans votre nom ni votre numéro
pw-met = critère rempli
pw-unmet = critère pas encore rempli
pw-tip = Une longue phrase se retient mieux qu’un mot de passe court et compliqué.
