### Frequent questions, contact, accessibility.

faq-lookalike = Wird Ihr Passwort oder Code nicht angenommen? Achten Sie auf ähnliche Zeichen: kleines l und großes I, großes O und Null. Am sichersten ist Kopieren und Einfügen.
faq-paste = Beim Kopieren kommt manchmal ein Leerzeichen am Ende mit. Bei Codes und Initialpasswörtern entfernen wir es automatisch.
faq-spam = Keine E-Mail da? Sehen Sie im Spam-Ordner nach und nehmen Sie { $sender } in Ihre Kontakte auf.
faq-title = Häufige Fragen
faq-wrongEmail = Enthält Ihre E-Mail-Adresse einen Tippfehler? Solange sie nicht bestätigt ist, können Sie sie ändern.
faq-forgotPassword = Passwort vergessen? Fordern Sie auf der Anmeldeseite einen Link an.
faq-changePassword = Ihr Passwort können Sie jederzeit unter „Mein Konto“ ändern.
faq-customerNumber = Die Kundennummer steht auf Ihren Angeboten und Rechnungen.
faq-businessNumber = Die Betriebsnummer steht auf dem Beitragsbescheid, den Sie jedes Jahr erhalten.
faq-pin = Die PIN erhalten Sie per Post an die Adresse Ihres Betriebs. Eine neue können Sie unter „Mein Betrieb“ anfordern.

help-phone = Telefon
help-email = E-Mail
help-hours = Wann Sie uns erreichen
help-quote-customerNumber = Geben Sie immer Ihre Kundennummer an.
help-quote-businessNumber = Nennen Sie uns die Betriebsnummer und den Namen des Betriebs.
help-quote-registrationNumber = Halten Sie Ihre Registrierungsnummer bereit.

a11y-report-text = Auf welche Barriere sind Sie gestoßen?
a11y-report-hint = Nennen Sie die Seite und, wenn Sie möchten, Ihr Hilfsmittel, zum Beispiel einen Screenreader
a11y-report-email = E-Mail-Adresse für unsere Antwort
a11y-report-submit = Meldung senden
a11y-report-sent = Vielen Dank. Wir haben Ihre Meldung erhalten.
a11y-intro = { $portal } soll für alle Menschen nutzbar sein, mit jedem Gerät und jeder Hilfstechnik.
a11y-standard = Die Seiten richten sich nach den Richtlinien für barrierefreie Webinhalte (WCAG 2.2, Stufe AA) und der Norm EN 301 549.
a11y-without = Alle Seiten funktionieren mit der Tastatur, mit Screenreadern, auf schmalen Bildschirmen und ohne JavaScript. Sie folgen den Einstellungen Ihres Geräts für helle oder dunkle Farben, hohen Kontrast und wenig Bewegung.
a11y-tested = Jede Fassung wird in einem Browser geprüft: auf Kontrast, Beschriftung und Reihenfolge, und darauf, dass sie sich allein mit der Tastatur bedienen lässt. Diese Prüfungen laufen automatisch.
a11y-feedback = Sind Sie auf eine Barriere gestoßen?
a11y-authority = Wenn Sie mit unserer Antwort nicht zufrieden sind, können Sie sich an die Marktüberwachungs- oder Schlichtungsstelle Ihres Landes wenden.
