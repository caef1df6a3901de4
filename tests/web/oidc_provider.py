"""A small OpenID Connect provider on this machine: discovery, authorize with PKCE, token with a signed id_token, userinfo, keys."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "workbench", "a secret of this test"


@dataclass
class Provider:
    """What the provider knows: who is signed in there, and which codes it gave out."""

    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    issuer: str = ""

    def authorize(self, asked: dict[str, str]) -> str:
        code = token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(sent.get("code", ""), None)
        proof = urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or sent.get("client_secret") != SECRET or proof != asked.get("code_challenge"):
            return None
        token = token_urlsafe(8)
        self.tokens.add(token)
        moment = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT, "iat": moment, "exp": moment + 60, **self.claims}
        signed = jwt.encode(told, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": token, "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def answer(self, path: str, token: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in ends.items()}
            return found | {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/keys":
            return {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key())) | {"kid": "one", "alg": "RS256"}]}
        return self.claims if path == "/userinfo" and token in self.tokens else None


def serve(provider: Provider) -> ThreadingHTTPServer:
    """Start the provider on a free port; shut the server down when done."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize({name: values[0] for name, values in parse_qs(parts.query).items()}))
                self.end_headers()
            else:
                self.say(provider.answer(parts.path, self.headers.get("Authorization", "").removeprefix("Bearer ")))

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.say(provider.token({name: values[0] for name, values in sent.items()}))

        def say(self, found: dict[str, Any] | None) -> None:
            self.send_response(400 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found or {"error": "invalid_request"}).encode())

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server
