### Letters.

letter-greeting = Hello,
letter-personal = Private and confidential
letter-return = If undelivered, return to:
letter-reg-subject = Your registration number for { $portal }
letter-reg-body = Create your account with this number and your last name: { $url }
letter-reg-app = Register in the app
letter-reg-web = Register in your browser
letter-reg-next = We will then send you an email that lets you activate your account.
letter-pin-subject = Your PIN for { $portal }
letter-pin-label = Your PIN
letter-pin-body = On { $date }, { $name } requested a PIN to link an account to { $business }.
letter-pin-reissued = On { $date }, we issued a new PIN for { $name } to link an account to { $business }.
letter-pin-step1 = Go to { $url } and sign in.
letter-pin-step2 = Open ‘My business’ and choose ‘Link to my business’.
letter-pin-step3 = Enter the business number and PIN and choose ‘Activate and sign out’.
letter-qr = Or scan this code to open the page directly:
letter-valid = The PIN is valid until { $date } and can only be used once.
letter-replaces = This PIN replaces all earlier ones.
letter-chars = The PIN never contains the characters { $chars }.
letter-secret = Do not share the PIN. Our staff will never ask for it.
letter-notYou = If you do not recognise this request, call us on { $phone }.
