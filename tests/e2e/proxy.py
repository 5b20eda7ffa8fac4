"""A reverse proxy between a command and a service, by which a test acts at exact moments and alters answers."""
import http.server
import threading


class Proxy:
    """`on_request(number, path)` is called before each request is passed on, counted from 1 for each path; it may return
    a function that alters the reply's body. An exception of it breaks the connection off."""

    def __init__(self, test, service, on_request):
        self.counts = {}
        lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.split("?")[0]
                with lock:
                    number = proxy.counts[path] = proxy.counts.get(path, 0) + 1
                try:
                    alter = on_request(number, path)
                except ConnectionError:
                    self.close_connection = True
                    return
                status, headers, reply = service.request(self.command, self.path, body, {
                    "Content-Type": self.headers.get("Content-Type", "")})
                reply = alter(reply) if alter else reply
                self.send_response(status)
                self.send_header("Content-Type", headers["Content-Type"])
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_GET = do_POST = relay

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        test.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
