"""A server of Git LFS on 127.0.0.1, for tests: the batch API and `basic` transfers of its published documentation
(docs/api/batch.md and docs/api/basic-transfers.md of git-lfs), and plain files below /files/.

Usage: lfs_server.py <port> <directory> [<certificate>]

In <directory>, `objects/` has the objects by their ids, `options.json` what the server is to do (read for each request),
and `log` gets a line of JSON for each request.

Options: `user` and `password` are wanted of who asks; `expires_in`, `expires_at` are told of each address; `stale` makes
the addresses that were given before a time no good; `most` is how many objects a request may name; `answer` and
`status` take the place of the answer to a batch; `errors` has codes by object; `header` is told with each address;
`refuse_head` makes HEAD an error; `wrong_ranges` sends the beginning for every part of a file; `redirect` is where every file is said to be; `stall_after` is how many bytes of a file
are sent before nothing more comes.
"""

import base64
import hashlib
import json
import os
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, directory = int(sys.argv[1]), sys.argv[2]
scheme = "https" if len(sys.argv) > 3 else "http"
lock = threading.Lock()
tickets = [0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def options(self):
        try:
            with open(os.path.join(directory, "options.json")) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def note(self, body=None):
        line = {"method": self.command, "path": self.path, "authorization": self.headers.get("Authorization", ""),
                "accept": self.headers.get("Accept", ""), "type": self.headers.get("Content-Type", ""),
                "ticket": self.headers.get("X-Ticket", ""), "body": body}
        with lock, open(os.path.join(directory, "log"), "a") as file:
            file.write(json.dumps(line) + "\n")

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        most = self.options().get("stall_after")
        if self.command != "GET" or most is None or len(body) <= most:
            self.wfile.write(body)
            return
        self.wfile.write(body[:most])
        self.wfile.flush()
        self.connection.recv(1)  # until the client goes
        self.close_connection = True

    def answer_json(self, status, value, headers=()):
        self.answer(status, json.dumps(value).encode(), [("Content-Type", "application/vnd.git-lfs+json"), *headers])

    def is_let_in(self, options):
        if "user" not in options:
            return True
        login = base64.b64encode(f"{options['user']}:{options['password']}".encode()).decode()
        if self.headers.get("Authorization") == "Basic " + login:
            return True
        self.answer_json(401, {"message": "Credentials needed"},
                         [("LFS-Authenticate", 'Basic realm="models"'), ("WWW-Authenticate", 'Basic realm="models"')])
        return False

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def object_file(self, oid):
        return os.path.join(directory, "objects", oid)

    def action(self, path, options):
        action = {"href": f"{scheme}://127.0.0.1:{port}/{path}"}
        with lock:
            tickets[0] += 1
            action["header"] = {"X-Ticket": str(tickets[0]), **options.get("header", {})}
        for key in ("expires_in", "expires_at"):
            if key in options:
                action[key] = options[key]
        return action

    def describe(self, wanted, operation, options):
        oid, size = wanted["oid"], wanted["size"]
        described = {"oid": oid, "size": size, "authenticated": options.get("authenticated", True)}
        code = options.get("errors", {}).get(oid)
        here = os.path.exists(self.object_file(oid))
        if operation == "upload":
            if not here:
                described["actions"] = {"upload": self.action("objects/" + oid, options)}
            return described
        if code is None and not here:
            code = 404
        if code is not None:
            described["error"] = {"code": code, "message": f"Object answers {code}"}
        else:
            described["size"] = os.path.getsize(self.object_file(oid))
            described["actions"] = {"download": self.action("objects/" + oid, options)}
        return described

    def do_POST(self):
        options = self.options()
        body = self.body()
        if not self.path.endswith("/objects/batch"):
            self.note()
            return self.answer_json(404, {"message": "Nothing there"})
        asked = json.loads(body)
        self.note(asked)
        if not self.is_let_in(options):
            return None
        if "answer" in options:
            return self.answer(options.get("status", 200), options["answer"].encode(),
                               [("Content-Type", "application/vnd.git-lfs+json")])
        if len(asked["objects"]) > options.get("most", 1000):
            return self.answer_json(413, {"message": "Too many objects"})
        return self.answer_json(200, {"transfer": "basic", "objects": [
            self.describe(wanted, asked["operation"], options) for wanted in asked["objects"]]})

    def do_PUT(self):
        body = self.body()
        self.note()
        oid = self.path.rsplit("/", 1)[1]
        if hashlib.sha256(body).hexdigest() != oid:
            return self.answer(422)
        with open(self.object_file(oid), "wb") as file:
            file.write(body)
        return self.answer(200)

    def do_GET(self):
        options = self.options()
        self.note()
        if self.path.startswith("/private/") and not self.is_let_in(options):
            return None
        if "redirect" in options:
            return self.answer(302, headers=[("Location", options["redirect"])])
        if self.command == "HEAD" and options.get("refuse_head"):
            return self.answer(405)
        parts = self.path.split("?")[0].lstrip("/")
        if parts.startswith("objects/") and int(self.headers.get("X-Ticket", "0")) <= options.get("stale", 0):
            return self.answer(403, b"Expired")
        try:
            with open(os.path.join(directory, parts.removeprefix("private/")), "rb") as file:
                content = file.read()
        except OSError:
            return self.answer(404)
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            first, last = wanted[len("bytes="):].split("-")
            first, last = int(first), min(int(last or len(content)), len(content) - 1)
            if first >= len(content):
                return self.answer(416, headers=[("Content-Range", f"bytes */{len(content)}")])
            if options.get("wrong_ranges"):
                first, last = 0, last - first
            return self.answer(206, content[first:last + 1],
                               [("Content-Range", f"bytes {first}-{last}/{len(content)}")])
        return self.answer(200, content)

    do_HEAD = do_GET


server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
