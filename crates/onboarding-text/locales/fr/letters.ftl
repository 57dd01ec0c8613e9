### Letters.

letter-greeting = Bonjour,
letter-personal = Personnel et confidentiel
letter-return = En cas de non-distribution, retour à :
letter-reg-subject = Votre numéro d’inscription pour { $portal }
letter-reg-body = Créez votre compte avec ce numéro et votre nom de famille : { $url }
letter-reg-app = S’inscrire dans l’application
letter-reg-web = S’inscrire dans le navigateur
letter-reg-next = Nous vous enverrons ensuite un e-mail qui vous permettra d’activer votre compte.
letter-pin-subject = Votre code PIN pour { $portal }
letter-pin-label = Votre code PIN
letter-pin-body = Le { $date }, { $name } a demandé un code PIN afin d’associer un compte à { $business }.
letter-pin-reissued = Le { $date }, nous avons émis un nouveau code PIN pour { $name } afin d’associer un compte à { $business }.
letter-pin-step1 = Rendez-vous sur { $url } et connectez-vous.
letter-pin-step2 = Ouvrez « Mon entreprise » et choisissez « Associer à mon entreprise ».
letter-pin-step3 = Saisissez le numéro d’entreprise et le code PIN, puis choisissez « Activer et se déconnecter ».
letter-qr = Ou scannez ce code pour ouvrir directement la page :
letter-valid = Le code PIN est valable jusqu’au { $date } et ne peut être utilisé qu’une seule fois.
letter-replaces = Ce code PIN remplace tous les précédents.
letter-chars = Le code PIN ne contient jamais les caractères { $chars }.
letter-secret = Ne communiquez ce code PIN à personne. Notre personnel ne vous le demandera jamais.
letter-notYou = Vous ne reconnaissez pas cette demande ? Appelez-nous au { $phone }.
