### Frequent questions, contact, accessibility.

faq-lookalike = La password o il codice non vengono accettati? Attenzione ai caratteri simili: l minuscola e I maiuscola, O maiuscola e zero. Il metodo più sicuro è copiare e incollare.
faq-paste = Copiando, a volte si aggiunge uno spazio alla fine. Per i codici e le password iniziali lo rimuoviamo automaticamente.
faq-spam = Nessuna e-mail? Controlli la cartella della posta indesiderata e aggiunga { $sender } ai suoi contatti.
faq-title = Domande frequenti
faq-wrongEmail = Il suo indirizzo e-mail contiene un errore di battitura? Può modificarlo finché non è confermato.
faq-forgotPassword = Password dimenticata? Richieda un link nella pagina di accesso.
faq-changePassword = Può modificare la password in qualsiasi momento in «Il mio account».
faq-customerNumber = Il numero cliente si trova sulle offerte e sulle fatture.
faq-businessNumber = Il numero d’impresa si trova sull’avviso di pagamento dei contributi che riceve ogni anno.
faq-pin = Il PIN arriva per posta all’indirizzo della sua impresa. Può richiederne uno nuovo in «La mia impresa».

help-phone = Telefono
help-email = E-mail
help-hours = Quando può contattarci
help-quote-customerNumber = Indichi sempre il suo numero cliente.
help-quote-businessNumber = Ci indichi il numero d’impresa e il nome dell’impresa.
help-quote-registrationNumber = Tenga a portata di mano il numero di registrazione.

a11y-report-text = Quale problema di accessibilità ha riscontrato?
a11y-report-hint = Indichi la pagina e, se lo desidera, la tecnologia assistiva utilizzata, per esempio un lettore di schermo
a11y-report-email = Indirizzo e-mail per la nostra risposta
a11y-report-submit = Invia la segnalazione
a11y-report-sent = Grazie. Abbiamo ricevuto la sua segnalazione.
a11y-intro = { $portal } deve essere utilizzabile da tutti, con qualsiasi dispositivo e tecnologia assistiva.
a11y-standard = Le pagine seguono le linee guida per l’accessibilità dei contenuti web (WCAG 2.2, livello AA) e la norma EN 301 549.
a11y-without = Tutte le pagine funzionano con la tastiera, con i lettori di schermo, su schermi stretti e senza JavaScript. Rispettano le impostazioni del suo dispositivo: colori chiari o scuri, contrasto elevato, movimento ridotto.
a11y-tested = Ogni versione viene verificata in un browser: contrasto, etichette, ordine e uso con la sola tastiera. Queste verifiche sono automatiche.
a11y-feedback = Ha riscontrato un problema di accessibilità?
a11y-authority = Se la nostra risposta non la soddisfa, può rivolgersi all’autorità di vigilanza del mercato o all’organismo di mediazione del suo Paese.
