"""schemathesis asks the venue's own endpoints what their OpenAPI document says, and what it does not.

VENUE is the venue's URL, KEY and SECRET are an administrator's; EXAMPLES is how many cases each operation gets. Every request
is signed as a client would, so that what is behind the signature is looked at and not the signature. Nothing is drained: that
would end the run.
"""

import hashlib
import hmac
import os
import subprocess
import sys
import time
import urllib.parse

import requests
import schemathesis

KEY, SECRET = os.environ["KEY"], os.environ["SECRET"]
SIGNED = ("timestamp", "recvWindow", "signature")


class Signing(requests.auth.AuthBase):
    def __call__(self, request):
        url = urllib.parse.urlsplit(request.url)
        query = f"{url.query}&" if url.query else ""
        query += f"timestamp={int(time.time() * 1000)}"
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        signature = hmac.new(SECRET.encode(), query.encode() + body, hashlib.sha256).hexdigest()
        request.url = urllib.parse.urlunsplit(url._replace(query=f"{query}&signature={signature}"))
        request.headers["X-MBX-APIKEY"] = KEY
        return request


schemathesis.auth.set_from_requests(Signing())


@schemathesis.hook
def before_load_schema(_context, schema):
    """Takes out what the signature brings in."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [it for it in operation["parameters"] if it["name"] not in SIGNED]
            operation.pop("security", None)


def main():
    run = [sys.executable, "-m", "schemathesis.cli", "run", f"{os.environ['VENUE']}/v1/openapi.json"]
    run += ["--seed", "1", "--generation-database", "none", "--exclude-path", "/v1/admin/drain"]
    # What is well-formed may still name an account that is not there, or an amount that nobody has.
    run += ["--exclude-checks", "positive_data_acceptance"]
    run += ["--max-examples", os.environ.get("EXAMPLES", "5"), "--request-timeout", "10", "--no-color"]
    hooks = {**os.environ, "SCHEMATHESIS_HOOKS": "venue_schema", "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}
    sys.exit(subprocess.run(run, env=hooks, check=False).returncode)


if __name__ == "__main__":
    main()
