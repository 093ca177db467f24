"""Short addresses where they travel in texts, readable ones for the customer's own pages."""

from django.urls import path

from portal.views import account, appointment, book, checkout, contents, offer, preferences, register, rewards, sign_in

urlpatterns = [
    path("o/<str:token>", offer.offer, name="offer"),
    path("i/<str:token>", register.invitation, name="invitation"),
    path("u/<str:token>", preferences.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", preferences.preferences, name="preferences"),
    path("book", book.services, name="book"),
    path("book/time", book.times, name="book-time"),
    path("book/details", checkout.details, name="book-details"),
    path("book/price", checkout.price, name="book-price"),
    path("b/<str:token>", appointment.appointment, name="appointment"),
    path("b/<str:token>/move", appointment.move, name="appointment-move"),
    path("b/<str:token>/services", contents.contents, name="appointment-services"),
    path("b/<str:token>/cancel", appointment.cancelled, name="appointment-cancel"),
    path("b/<str:token>/calendar.ics", appointment.calendar_file, name="appointment-calendar"),
    path("portal/", account.home, name="portal-home"),
    path("portal/sign-in", sign_in.sign_in, name="portal-sign-in"),
    path("portal/sign-in/code", sign_in.code, name="portal-code"),
    path("portal/sign-in/resend", sign_in.resend, name="portal-resend"),
    path("portal/register", register.sign_up, name="portal-register"),
    path("portal/register/code", register.code, name="portal-register-code"),
    path("portal/register/resend", register.resend, name="portal-register-resend"),
    path("portal/welcome", register.welcome, name="portal-welcome"),
    path("portal/sign-out", sign_in.sign_out, name="portal-sign-out"),
    path("portal/sign-out-everywhere", sign_in.sign_out_everywhere, name="portal-sign-out-everywhere"),
    path("portal/rewards", rewards.rewards, name="portal-rewards"),
    path("portal/profile", account.profile, name="portal-profile"),
    path("portal/profile/name", account.change_name, name="portal-name"),
    path("portal/profile/email", account.ask_email_code, name="portal-email"),
    path("portal/profile/email/code", account.prove_email, name="portal-email-code"),
    path("portal/profile/offers", account.choose, name="portal-offers"),
    path("portal/data", account.my_data, name="portal-data"),
]
