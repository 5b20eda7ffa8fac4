"""Certificates for tests, made with the openssl program."""
import os
import ssl
import subprocess


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, timeout=60)


def self_signed(folder, name="server", serial=1, days=30):
    """Writes name.crt and name.key for 127.0.0.1; returns their paths."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
               "-addext", "subjectAltName=IP:127.0.0.1", "-set_serial", serial, "-keyout", key, "-out", certificate]
    openssl(*request, "-days", days)
    os.chmod(key, 0o600)
    return certificate, key


def expired(folder):
    """As self_signed, but of a day long ago."""
    certificate, key = self_signed(folder, "expired")
    config = folder / "ca.cnf"
    config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nserial={folder}/serial\nnew_certs_dir={folder}\n"
                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    (folder / "index").write_text("")
    (folder / "serial").write_text("77\n")
    openssl("req", "-new", "-key", key, "-subj", "/CN=expired", "-out", folder / "expired.csr")
    openssl("ca", "-batch", "-config", config, "-selfsign", "-keyfile", key, "-in", folder / "expired.csr", "-out", certificate,
            "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext")
    return certificate, key


def chain(folder):
    """A root, one certificate between, and the server's: returns (file of the root, chain file, key)."""
    root, root_key = self_signed(folder, "root")

    def issue(name, issuer, issuer_key, extensions):
        (folder / f"{name}.ext").write_text(extensions)
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key",
                "-out", folder / f"{name}.csr")
        openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", issuer, "-CAkey", issuer_key, "-set_serial", 5, "-days", 30,
                "-extfile", folder / f"{name}.ext", "-out", folder / f"{name}.crt")
        os.chmod(folder / f"{name}.key", 0o600)
        return folder / f"{name}.crt", folder / f"{name}.key"

    middle, middle_key = issue("middle", root, root_key, "basicConstraints=critical,CA:TRUE\n")
    own, key = issue("own", middle, middle_key, "subjectAltName=IP:127.0.0.1\n")
    together = folder / "chain.pem"
    together.write_text(own.read_text() + middle.read_text())
    return root, together, key


def trusting(certificate):
    """The context of a client that trusts this certificate and no other."""
    context = ssl.create_default_context(cafile=str(certificate))
    return context


def serial_seen(port):
    """The serial number, in hex, of the certificate that a new connection gets."""
    pem = ssl.get_server_certificate(("127.0.0.1", port), timeout=60)
    shown = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, text=True, capture_output=True, check=True,
                           timeout=60)
    return shown.stdout.strip().removeprefix("serial=")
