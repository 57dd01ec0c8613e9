### Frequent questions, contact, accessibility.

faq-lookalike = Votre mot de passe ou votre code n’est pas accepté ? Attention aux caractères semblables : l minuscule et I majuscule, O majuscule et zéro. Le plus sûr est de copier-coller.
faq-paste = Lors de la copie, un espace peut s’ajouter à la fin. Nous le supprimons automatiquement pour les codes et les mots de passe initiaux.
faq-spam = Pas d’e-mail ? Consultez le dossier de courrier indésirable et ajoutez { $sender } à vos contacts.
faq-title = Questions fréquentes
faq-wrongEmail = Votre adresse e-mail contient une faute de frappe ? Vous pouvez la modifier tant qu’elle n’est pas confirmée.
faq-forgotPassword = Mot de passe oublié ? Demandez un lien sur la page de connexion.
faq-changePassword = Vous pouvez modifier votre mot de passe à tout moment sous « Mon compte ».
faq-customerNumber = Le numéro de client figure sur vos offres et vos factures.
faq-businessNumber = Le numéro d’entreprise figure sur l’avis de cotisation que vous recevez chaque année.
faq-pin = Vous recevez le code PIN par la poste à l’adresse de votre entreprise. Vous pouvez en demander un nouveau sous « Mon entreprise ».

help-phone = Téléphone
help-email = E-mail
help-hours = Quand nous joindre
help-quote-customerNumber = Indiquez toujours votre numéro de client.
help-quote-businessNumber = Indiquez-nous le numéro d’entreprise et le nom de l’entreprise.
help-quote-registrationNumber = Gardez votre numéro d’inscription à portée de main.

a11y-report-text = Quel problème d’accessibilité avez-vous rencontré ?
a11y-report-hint = Indiquez la page et, si vous le souhaitez, l’aide technique utilisée, par exemple un lecteur d’écran
a11y-report-email = Adresse e-mail pour notre réponse
a11y-report-submit = Envoyer le signalement
a11y-report-sent = Merci. Nous avons bien reçu votre signalement.
a11y-intro = { $portal } doit pouvoir être utilisé par tout le monde, avec tout appareil et toute technologie d’assistance.
a11y-standard = Les pages suivent les règles pour l’accessibilité des contenus web (WCAG 2.2, niveau AA) et la norme EN 301 549.
a11y-without = Toutes les pages fonctionnent au clavier, avec un lecteur d’écran, sur un écran étroit et sans JavaScript. Elles respectent les réglages de votre appareil : couleurs claires ou sombres, contraste élevé, animations réduites.
a11y-tested = Chaque version est vérifiée dans un navigateur : contraste, libellés, ordre et utilisation au clavier seul. Ces vérifications sont automatiques.
a11y-feedback = Avez-vous rencontré un problème d’accessibilité ?
a11y-authority = Si notre réponse ne vous satisfait pas, vous pouvez vous adresser à l’autorité de surveillance du marché ou à l’organisme de médiation de votre pays.
