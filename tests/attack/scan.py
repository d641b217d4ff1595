"""What sslyze says of a port: prints a JSON list of [what, whether it is good, details]. Usage: scan.py HOST:PORT"""

import json
import sys

from sslyze import Scanner, ScanCommand, ServerNetworkLocation, ServerScanRequest

host, port = sys.argv[1].rsplit(":", 1)
location = ServerNetworkLocation(hostname="localhost", ip_address=host, port=int(port))
commands = {
    ScanCommand.SSL_2_0_CIPHER_SUITES, ScanCommand.SSL_3_0_CIPHER_SUITES, ScanCommand.TLS_1_0_CIPHER_SUITES,
    ScanCommand.TLS_1_1_CIPHER_SUITES, ScanCommand.TLS_1_2_CIPHER_SUITES, ScanCommand.TLS_1_3_CIPHER_SUITES,
    ScanCommand.TLS_COMPRESSION, ScanCommand.TLS_FALLBACK_SCSV, ScanCommand.HEARTBLEED, ScanCommand.ROBOT,
    ScanCommand.OPENSSL_CCS_INJECTION, ScanCommand.SESSION_RENEGOTIATION, ScanCommand.ELLIPTIC_CURVES,
    ScanCommand.TLS_1_3_EARLY_DATA,
}
scanner = Scanner()
scanner.queue_scans([ServerScanRequest(server_location=location, scan_commands=commands)])
result = next(scanner.get_results())
if result.scan_result is None:
    sys.exit(f"sslyze could not scan: {result.connectivity_error_trace}")
scan, found = result.scan_result, []


def say(what, attempt, good):
    """Notes one judgement; a scan that did not complete is not good."""
    if attempt.result is None:
        found.append([what, False, str(attempt.error_reason)])
        return
    verdict, detail = good(attempt.result)
    found.append([what, verdict, detail])


def names(one):
    return [accepted.cipher_suite.name for accepted in one.accepted_cipher_suites]


for version in ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"]:
    say(f"{version} is refused", getattr(scan, f"{version}_cipher_suites"), lambda one: (not names(one), names(one)))
say("TLS 1.2: ECDHE with AEAD only", scan.tls_1_2_cipher_suites,
    lambda one: (bool(names(one)) and all("ECDHE" in name and ("GCM" in name or "POLY1305" in name) for name in names(one)), names(one)))
say("TLS 1.3 is spoken", scan.tls_1_3_cipher_suites, lambda one: (len(names(one)) >= 2, names(one)))
say("no compression", scan.tls_compression, lambda one: (not one.supports_compression, None))
say("fallback is noticed", scan.tls_fallback_scsv, lambda one: (one.supports_fallback_scsv, None))
say("no Heartbleed", scan.heartbleed, lambda one: (not one.is_vulnerable_to_heartbleed, None))
say("no ROBOT", scan.robot, lambda one: (one.robot_result.name.startswith("NOT_VULNERABLE"), one.robot_result.name))
say("no CCS injection", scan.openssl_ccs_injection, lambda one: (not one.is_vulnerable_to_ccs_injection, None))
say("no renegotiation by the client", scan.session_renegotiation,
    lambda one: (not one.is_vulnerable_to_client_renegotiation_dos, one.supports_secure_renegotiation))
say("curves", scan.elliptic_curves,
    lambda one: ({curve.name for curve in one.supported_curves or []} <= {"X25519", "secp256r1", "prime256v1", "secp384r1"}, [curve.name for curve in one.supported_curves or []]))
say("no early data", scan.tls_1_3_early_data, lambda one: (not one.supports_early_data, None))
print(json.dumps(found))
