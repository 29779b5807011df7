"""Sign-in with Lanyard for a Django site: run it with ISSUER, CLIENT_ID and CLIENT_SECRET set."""

import os
from wsgiref.simple_server import make_server

import django
from django.conf import settings

ISSUER, PORT = os.environ["ISSUER"], int(os.environ.get("PORT", "3000"))
settings.configure(
    ALLOWED_HOSTS=["localhost"],
    SECRET_KEY=os.urandom(32).hex(),
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", "app.sqlite3")}},
    AUTHENTICATION_BACKENDS=[f"{__name__}.Lanyard"],
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SCOPES="openid profile email",
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_USE_PKCE=True,
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/jwks",
    LOGIN_REDIRECT_URL="/",
)
django.setup()

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView


class Lanyard(OIDCAuthenticationBackend):
    # `sub` stands for this person in your app, for ever. Names and addresses change.
    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims):
        return self.update_user(self.UserModel(username=claims["sub"]), claims)

    def update_user(self, user, claims):
        user.first_name, user.last_name = claims["given_name"], claims["family_name"]
        user.save()
        return user


def home(request):
    user = request.user
    if not user.is_authenticated:
        return redirect("/login")
    return HttpResponse(f"Hello {user.get_full_name()} ({user.username})", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("", home),
    path("login", OIDCAuthenticationRequestView.as_view(), name="oidc_authentication_init"),
    path("callback", OIDCAuthenticationCallbackView.as_view(), name="oidc_authentication_callback"),
]

call_command("migrate", verbosity=0)
server = make_server("127.0.0.1", PORT, get_wsgi_application())
print(f"Open http://localhost:{PORT}", flush=True)
server.serve_forever()
