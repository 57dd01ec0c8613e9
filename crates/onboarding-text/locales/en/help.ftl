### Frequent questions, contact, accessibility.

faq-lookalike = Is your password or code not accepted? Watch out for similar characters: lower-case l and capital I, capital O and zero. Copying and pasting is safest.
faq-paste = Copying sometimes adds a space at the end. We remove it automatically from codes and initial passwords.
faq-spam = No email? Check your spam folder and add { $sender } to your contacts.
faq-title = Frequently asked questions
faq-wrongEmail = Is there a typing error in your email address? You can change it until it has been confirmed.
faq-forgotPassword = Forgotten your password? Request a link on the sign-in page.
faq-changePassword = You can change your password at any time under ‘My account’.
faq-customerNumber = Your customer number is on your quotes and invoices.
faq-businessNumber = The business number is on the membership fee notice you receive each year.
faq-pin = The PIN comes by post to the address of your business. You can request a new one under ‘My business’.

help-phone = Phone
help-email = Email
help-hours = When you can reach us
help-quote-customerNumber = Always include your customer number.
help-quote-businessNumber = Tell us the business number and the name of the business.
help-quote-registrationNumber = Have your registration number ready.

a11y-report-text = What accessibility problem did you find?
a11y-report-hint = Tell us the page and, if you like, the assistive technology you use, such as a screen reader
a11y-report-email = Email address for our reply
a11y-report-submit = Send report
a11y-report-sent = Thank you. We have received your report.
a11y-intro = { $portal } is meant to be usable by everybody, with any device and any assistive technology.
a11y-standard = The pages follow the Web Content Accessibility Guidelines (WCAG 2.2, level AA) and the standard EN 301 549.
a11y-without = All pages work with a keyboard, with screen readers, on narrow screens and without JavaScript. They follow your device’s settings for light or dark colours, high contrast and reduced motion.
a11y-tested = Every version is checked in a browser: for contrast, labels and order, and for use with the keyboard alone. These checks are automatic.
a11y-feedback = Have you found an accessibility problem?
a11y-authority = If you are not satisfied with our reply, you can turn to the market surveillance authority or the mediation body of your country.
