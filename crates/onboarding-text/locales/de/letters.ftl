### Letters.

letter-greeting = Guten Tag
letter-personal = Persönlich / Vertraulich
letter-return = Falls unzustellbar, zurück an:
letter-reg-subject = Ihre Registrierungsnummer für { $portal }
letter-reg-body = Erstellen Sie Ihr Konto mit dieser Nummer und Ihrem Nachnamen: { $url }
letter-reg-app = In der App registrieren
letter-reg-web = Im Browser registrieren
letter-reg-next = Danach senden wir Ihnen eine E-Mail, mit der Sie Ihr Konto aktivieren.
letter-pin-subject = Ihre PIN für { $portal }
letter-pin-label = Ihre PIN
letter-pin-body = Am { $date } hat { $name } eine PIN angefordert, um ein Konto mit { $business } zu verknüpfen.
letter-pin-reissued = Am { $date } haben wir für { $name } eine neue PIN ausgestellt, um ein Konto mit { $business } zu verknüpfen.
letter-pin-step1 = Melden Sie sich unter { $url } an.
letter-pin-step2 = Öffnen Sie „Mein Betrieb“ und wählen Sie „Mit meinem Betrieb verknüpfen“.
letter-pin-step3 = Geben Sie Betriebsnummer und PIN ein und wählen Sie „Freischalten und abmelden“.
letter-qr = Oder scannen Sie diesen Code, um die Seite direkt zu öffnen:
letter-valid = Die PIN gilt bis { $date } und kann nur einmal verwendet werden.
letter-replaces = Diese PIN ersetzt alle früheren.
letter-chars = Die PIN enthält nie die Zeichen { $chars }.
letter-secret = Geben Sie die PIN nicht weiter. Unser Personal fragt nie danach.
letter-notYou = Sie wissen nichts von dieser Anforderung? Rufen Sie uns an: { $phone }.
