"""Everything a stranger can send before the hub sees a message: HTTP, the handshake, WebSocket frames; and the interface for signing in. Case numbers are those of the threat catalogue:
H for HTTP and handshake, W for frames.

  tests/wire/http.py PROGRAM       VALGRIND=1 runs the upgrade cases under valgrind instead
"""
import base64, json, os, re, signal, socket, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import KEY, Server, Socket, frame, join, new_class, parse, read_all, read_head, report, sign_in, text, upgrade

program = sys.argv[1]
QUICK = ['--limit', 'hello_deadline_ms=700', '--limit', 'message_deadline_ms=500']


def get(path, *fields, host='HOST', first=None):
    return ('\r\n'.join([first or f'GET {path} HTTP/1.1', f'Host: {host}', *fields, '', ''])).encode()


# id, what, bytes sent (HOST is replaced), statuses of which one must come. 0 is the connection closed without an answer.
HTTP_CASES = [
    ('H0', 'the page', get('/', 'Connection: close'), [200]),
    ('H0', 'an absolute path that is none', get('/nothing', 'Connection: close'), [404]),
    ('H1', 'WebSocket from a foreign origin', ('origin', 'http://evil.example'), [403]),
    ('H2', 'WebSocket from origin null', ('origin', 'null'), [403]),
    ('H3', 'WebSocket from an origin that has ours in front', ('origin', 'http://HOST.evil.tld'), [403]),
    ('H3', 'WebSocket from our name over https', ('origin', 'https://HOST'), [403]),
    ('H4', 'WebSocket from our name at another port', ('origin', 'http://localhost:444'), [403]),
    ('H5', 'WebSocket without origin', ('upgrade', {}), [101]),
    ('H5', 'WebSocket from our own origin', ('origin', 'http://HOST'), [101]),
    ('H6', 'a host that is not ours', get('/', host='rebound.example'), [421]),
    ('H6', 'a host that begins like ours', get('/', host='localhost.evil.tld'), [421]),
    ('H6', 'a host with a user', get('/', host='localhost@evil.tld'), [400]),
    ('H6', 'WebSocket to a host that is not ours', ('upgrade', {'Host': 'rebound.example'}), [421]),
    ('H7', 'no host', b'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', [400]),
    ('H7', 'two hosts', get('/', 'Host: evil.example'), [400]),
    ('H8', 'version 12', ('upgrade', {'Sec_WebSocket_Version': '12'}), [426]),
    ('H8', 'no version', ('upgrade', {'Sec_WebSocket_Version': None}), [426]),
    ('H9', 'no key', ('upgrade', {'Sec_WebSocket_Key': None}), [400]),
    ('H9', 'a key of 3 characters', ('upgrade', {'Sec_WebSocket_Key': 'abc'}), [400]),
    ('H9', 'a key of 200 characters', ('upgrade', {'Sec_WebSocket_Key': 'a' * 200}), [400]),
    ('H9', 'a key of 24 characters that are no base64', ('upgrade', {'Sec_WebSocket_Key': 'dGhlIHNhbXBsZSBub25j!!=='}), [400]),
    ('H10', 'a POST upgrade', ('upgrade', {'request': 'POST /ws HTTP/1.1'}), [405]),
    ('H11', 'no subprotocol', ('upgrade', {'Sec_WebSocket_Protocol': None}), [400]),
    ('H11', 'an unknown subprotocol', ('upgrade', {'Sec_WebSocket_Protocol': 'chat, forwhom.2'}), [400]),
    ('H11', 'ours among others', ('upgrade', {'Sec_WebSocket_Protocol': 'chat, forwhom.1'}), [101]),
    ('H11', 'Connection without Upgrade', ('upgrade', {'Connection': 'keep-alive'}), [400]),
    ('H11', 'GET /ws without an upgrade', get('/ws'), [426]),
    ('H12', 'Upgrade: foo', ('upgrade', {'Upgrade': 'foo'}), [400]),
    ('H12', 'Upgrade: foo at another path', get('/', 'Upgrade: foo', 'Connection: Upgrade'), [400]),
    ('H12', 'Upgrade: websocket at another path', ('upgrade', {'request': 'GET / HTTP/1.1'}), [400]),
    ('H12', 'two upgrades in one field', ('upgrade', {'Upgrade': 'websocket, h2c'}), [400]),
    ('H13', 'h2c', get('/', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'), [400]),
    ('H13', 'h2c at /ws', get('/ws', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'), [400]),
    ('H14', 'the preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [505]),
    ('H15', 'dots', get('/../../etc/passwd', 'Connection: close'), [404]),
    ('H15', 'coded dots', get('/%2e%2e/%2e%2e/etc/passwd', 'Connection: close'), [404]),
    ('H16', 'backslashes', get('/..%5c..%5cetc', 'Connection: close'), [404]),
    ('H16', 'coded NUL', get('/index.html%00.png', 'Connection: close'), [404]),
    ('H17', 'two slashes', get('//etc/passwd', 'Connection: close'), [404]),
    ('H17', 'a dot', get('/./index.html', 'Connection: close'), [404]),
    ('H17', 'capitals', get('/INDEX.HTML', 'Connection: close'), [404]),
    ('H17', 'a whole URL', get('http://HOST/'), [400]),
    ('H17', 'a fragment', get('/#/x'), [400]),
    ('H18', '5 KiB of path', get('/' + 'a' * 5120), [414]),
    ('H19', 'both framings', get('/api/login', 'Content-Length: 5', 'Transfer-Encoding: chunked', first='POST /api/login HTTP/1.1') + b'0\r\n\r\n', [400]),
    ('H19', 'a negative length', get('', 'Content-Length: -1', first='POST /api/login HTTP/1.1'), [400]),
    ('H19', 'a length with a sign', get('', 'Content-Length: +2', first='POST /api/login HTTP/1.1') + b'{}', [400]),
    ('H19', 'a length of 2^64', get('', 'Content-Length: 18446744073709551616', first='POST /api/login HTTP/1.1'), [400]),
    ('H20', 'two lengths', get('', 'Content-Length: 2', 'Content-Length: 2', first='POST /api/login HTTP/1.1') + b'{}', [400]),
    ('H20', 'a list of lengths', get('', 'Content-Length: 2, 2', first='POST /api/login HTTP/1.1') + b'{}', [400]),
    ('H20', 'chunks', get('', 'Transfer-Encoding: chunked', first='POST /api/login HTTP/1.1') + b'FFFFFFFFFFFFFFFF\r\n', [411]),
    ('H20', 'a body without a length', get('', 'Content-Type: application/json', 'Connection: close', first='POST /api/login HTTP/1.1'), [411]),
    ('H20', 'a GET with a body', get('/', 'Content-Length: 2') + b'{}', [400]),
    ('H21', 'a folded line', get('/', 'X-A: 1\r\n 2'), [400]),
    ('H21', 'a space before the colon', get('/', 'X-A : 1'), [400]),
    ('H21', 'a field without a name', get('/', ': 1'), [400]),
    ('H21', 'a line without a colon', get('/', 'X-A'), [400]),
    ('H22', 'NUL in a field', get('/', 'X-A: a\0b'), [400]),
    ('H22', 'a bare CR in a field', get('/', 'X-A: a\rb'), [400]),
    ('H22', 'ESC in a field', get('/', 'X-A: a\x1bb'), [400]),
    ('H22', 'bare LFs', b'GET / HTTP/1.1\nHost: HOST\n\n', [400]),
    ('H22', 'two spaces', get('', first='GET  / HTTP/1.1'), [400]),
    ('H22', 'a name that is the beginning of a known one', get('/', 'X-A: 1', 'Connection: close'), [200]),
    ('H23', '200 fields', get('/', *[f'X-{i}: 1' for i in range(200)]), [431]),
    ('H23', '64 fields', get('/', *[f'X-{i}: 1' for i in range(62)], 'Connection: close'), [200]),
    ('H24', '17 KiB of head', get('/', *[f'X-{i}: ' + 'a' * 1000 for i in range(17)]), [431]),
    ('H24', '64 KiB of cookie', get('/', 'Cookie: fw=' + 'a' * 65536), [431]),
    ('H25', 'TRACE', get('', first='TRACE / HTTP/1.1'), [405]),
    ('H25', 'CONNECT', get('', first='CONNECT evil.example:443 HTTP/1.1'), [405]),
    ('H25', 'PUT', get('', first='PUT / HTTP/1.1'), [405]),
    ('H25', 'BREW', get('', first='BREW /pot HTTP/1.1'), [405]),
    ('H25', 'POST to the page', get('', 'Content-Length: 0', 'Connection: close', first='POST / HTTP/1.1'), [405]),
    ('H25', 'GET of a command', get('/api/login', 'Connection: close'), [405]),
    ('H26', 'a declared body of 11 MiB', get('', 'Content-Type: application/json', 'Content-Length: 11534336', first='POST /api/login HTTP/1.1'), [413]),
    ('H26', 'a declared body of 64 KiB and one byte', get('', 'Content-Type: application/json', 'Content-Length: 65537', first='POST /api/login HTTP/1.1'), [413]),
    ('H26', 'JSON as text/plain, as a form would', get('', 'Content-Type: text/plain', 'Content-Length: 2', 'Connection: close', first='POST /api/login HTTP/1.1') + b'{}', [415]),
    ('H26', 'JSON with no type', get('', 'Content-Length: 2', 'Connection: close', first='POST /api/login HTTP/1.1') + b'{}', [415]),
    ('H26', 'JSON in another charset', get('', 'Content-Type: application/json; charset=utf-7', 'Content-Length: 2', 'Connection: close', first='POST /api/login HTTP/1.1') + b'{}', [415]),
    ('H28', 'a TLS hello', bytes.fromhex('16030100c8010000c40303') + b'\0' * 200 + b'\n\n', [400]),
    ('H28', 'garbage', b'\xff\xfe\x00\x01\r\n\r\n', [400]),
    ('H28', 'HTTP/0.9', b'GET /\r\n\r\n', [400]),
    ('H28', 'HTTP/1.0', get('', first='GET / HTTP/1.0'), [200]),
    ('H28', 'HTTP/1.x', get('', first='GET / HTTP/1.x'), [400]),
    ('H29', 'ten thousand ranges', get('/', 'Range: bytes=' + '0-0,' * 2000 + '0-0', 'Connection: close'), [200]),
    ('H29', 'If-None-Match of nonsense', get('/', 'If-None-Match: "x', 'Connection: close'), [200]),
    ('H29', 'If-None-Match of everything', get('/', 'If-None-Match: *', 'Connection: close'), [304]),
    ('H30', 'an unknown expectation', get('', 'Expect: a-miracle', first='GET / HTTP/1.1'), [417]),
]

MESSAGE = json.dumps({'t': 'ping'}).encode()
HALF = len(MESSAGE) // 2
EURO = '€'.encode()
BAD = [1002, 'eof']  # protocol errors: the library says so, or just hangs up

# id, what, frames sent after a good hello, outcomes of which one must come (a close code, 'eof', 'pong' for an answered message, or a refusal's code).
FRAME_CASES = [
    ('W0', 'a ping', [text(MESSAGE)], ['pong']),
    ('W1', 'an unmasked frame (KNOWN DEVIATION: libwebsockets 4 takes it)', [text(MESSAGE, mask=False)], ['pong', 1002]),
    *[(f'W{i + 2}', f'RSV{i + 1} set', [frame(1, MESSAGE, rsv=4 >> i)], BAD) for i in range(3)],
    *[(f'W{5 + i}', f'opcode {op:X}', [frame(op, b'x')], BAD) for i, op in enumerate((3, 7, 11, 15))],
    ('W9', 'a fragmented ping', [frame(9, b'x', fin=False)], BAD),
    ('W10', 'a fragmented close', [frame(8, b'\x03\xe8', fin=False)], BAD),
    ('W11', 'a ping of 126 bytes', [frame(9, b'x' * 126)], BAD),
    ('W12', 'a close of 126 bytes', [frame(8, b'\x03\xe8' + b'x' * 124)], BAD),
    ('W13', 'a continuation first', [frame(0, MESSAGE)], BAD),
    ('W14', 'a new text inside a fragmented one', [frame(1, MESSAGE[:HALF], fin=False), text(MESSAGE)], BAD),
    ('W15', 'a binary frame inside a fragmented text', [frame(1, MESSAGE[:HALF], fin=False), frame(2, b'x')], BAD),
    ('W16', 'a binary message', [frame(2, MESSAGE)], [1003]),
    ('W17', '65,536 bytes in one frame', [frame(1, b' ' * (65536 - len(MESSAGE)) + MESSAGE)], ['pong']),
    ('W17', '65,537 bytes in one frame', [frame(1, b' ' * (65537 - len(MESSAGE)) + MESSAGE)], [1009]),
    ('W18', '65,537 bytes in 100 fragments', [frame(1, b' ' * 655, fin=False)] + [frame(0, b' ' * 655, fin=False)] * 98 + [frame(0, b' ' * 692)], [1009]),
    ('W19', 'a message in 128 fragments', [frame(1, b' ', fin=False)] + [frame(0, b' ', fin=False)] * 126 + [frame(0, MESSAGE)], ['pong']),
    ('W19', '129 fragments without an end', [frame(1, b' ', fin=False)] + [frame(0, b' ', fin=False)] * 128, [1008]),
    ('W20', 'a length of 2^63-1 and then silence', [frame(1, b'', length=2**63 - 1, form=64)], [4408, 1009, 'eof']),
    ('W20', 'the head of a frame and then silence', [frame(1, b'', length=100)], [4408]),
    ('W20', 'half a frame and then silence', [frame(1, b'{"t":', length=100)], [4408]),
    ('W20', 'half a message and then silence', [frame(1, b'{"t":', fin=False)], [4408]),
    ('W21', 'the top bit of the length set', [frame(1, b'', length=2**63 + 5, form=64)], [1002, 1009, 'eof', 4408]),
    ('W22', 'a length spelt too long', [frame(1, MESSAGE, form=16)], ['pong', 1002]),
    ('W23', 'UTF-8: FF', [text(b'"\xff"')], [1007]),
    ('W24', 'UTF-8: an overlong slash', [text(b'"\xc0\xaf"')], [1007]),
    ('W25', 'UTF-8: a surrogate', [text(b'"\xed\xa0\x80"')], [1007]),
    ('W26', 'UTF-8: beyond U+10FFFF', [text(b'"\xf4\x90\x80\x80"')], [1007]),
    ('W27', 'a character split over fragments', [frame(1, b'{"t":"ping","' + EURO[:1], fin=False), frame(0, EURO[1:] + b'":1}')], ['bad_shape']),
    ('W28', 'a split character with a bad second half', [frame(1, b'"' + EURO[:1], fin=False), frame(0, b'(("')], [1007]),
    ('W29', 'a character that the message ends within', [text(b'"' + EURO[:2])], [1007]),
    *[(f'W30', f'close code {code}', [frame(8, code.to_bytes(2, 'big'))], BAD) for code in (0, 999, 1005, 1006, 1015, 1016, 2999)],
    ('W31', 'close code 1000', [frame(8, b'\x03\xe8')], [1000]),
    ('W32', 'a close of one byte (KNOWN DEVIATION: echoed)', [frame(8, b'\x03')], [1002, 'eof', 0]),
    ('W33', 'a close with bad UTF-8 (KNOWN DEVIATION: dropped)', [frame(8, b'\x03\xe8\xff')], [1002, 1007, 1000, 'eof']),
    ('W33', 'close code 5000 (KNOWN DEVIATION: echoed)', [frame(8, b'\x13\x88')], [1002, 5000, 'eof']),
    ('W34', 'a message after the close', [frame(8, b'\x03\xe8'), text(MESSAGE)], [1000]),
    ('W37', 'an empty message', [text(b'')], ['bad_json']),
    ('W37', 'a thousand empty fragments', [frame(1, b'', fin=False)] + [frame(0, b'', fin=False)] * 1000, [1008]),
    ('W40', 'a frame dripping in', 'drip', [4408]),
    ('W35', 'a flood of pings', [frame(9, b'')] * 20000, [4429]),
    ('W36', 'a flood of pongs', [frame(10, b'')] * 20000, [4429]),
]


def run_http_cases(server):
    def one(case):
        id_, what, sent, expected = case
        if isinstance(sent, tuple):
            changes = {'Origin': sent[1].replace('HOST', server.host)} if sent[0] == 'origin' else sent[1]
            sent = upgrade(server.host, **changes)
        sent = sent.replace(b'HOST', server.host.encode())
        with server.connect(2) as s:
            try:
                s.sendall(sent)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = read_head(s) if 101 in expected else read_all(s)
        status = parse(answer)[0]
        report(status in expected, f'{id_} {what}', f'got {answer[:200]!r}, expected {expected}')
        return answer
    for case in HTTP_CASES:
        one(case)


def run_frame_cases(server, code):
    """All at once, since some wait for deadlines."""
    results = [None] * len(FRAME_CASES)

    def one(i):
        _, _, frames, _ = FRAME_CASES[i]
        try:
            s = join(server, code)
            if frames == 'drip':
                s.s.settimeout(4)
                stop = time.monotonic() + 3
                threading.Thread(target=drip, args=(s, stop), daemon=True).start()
            else:
                s.send(b''.join(frames))
            results[i] = s.outcome()
            s.close()
        except Exception as e:  # reported as the outcome
            results[i] = repr(e)

    def drip(s, stop):
        s.send(frame(1, b'', length=60000, form=16))
        while time.monotonic() < stop:
            s.send(b' ')
            time.sleep(0.05)

    for start in range(0, len(FRAME_CASES), 16):
        threads = [threading.Thread(target=one, args=(i,)) for i in range(start, min(start + 16, len(FRAME_CASES)))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    for (id_, what, _, expected), got in zip(FRAME_CASES, results):
        report(got in expected, f'{id_} {what}', f'got {got!r}, expected {expected}')


def run_socket_cases(server, code):
    s = join(server, code)
    s.send(frame(9, b'are you there'))
    report(s.receive() == (10, b'are you there'), 'W35 a single ping is answered with its own words')
    s.close()

    s = join(server, code)
    s.send(b''.join(text({'t': 'ping'}) for _ in range(5)))
    report([s.until_text()['t'] for _ in range(5)] == ['pong'] * 5, 'W0 messages in one packet are all answered')
    s.close()

    # A client that keeps alive by pings of its own, in the middle of no message, is left alone: it answers ours.
    s = join(server, code)
    s.s.settimeout(0.2)
    begin, alive = time.monotonic(), True
    while time.monotonic() < begin + 2.2 and alive:
        s.send(frame(9, b'k'))
        got = s.receive()
        while got:
            if got[0] == 9:
                s.send(frame(10, got[1]))
            alive = alive and got[0] in (9, 10)
            got = s.receive() if got[0] != 8 else None
    s.send(text({'t': 'ping'}))
    s.s.settimeout(5)
    report(alive and s.outcome() == 'pong', 'W35 a client with pings of its own stays')
    s.close()

    s = Socket(server)
    got = s.outcome()
    report(got == 4408, 'S3 no hello in time', f'got {got!r}')
    s.close()

    s = server.connect()
    s.sendall(upgrade(server.host) + text({'t': 'hello', 'v': 1, 'class': code, 'secret': base64.urlsafe_b64encode(b'early' + b'\0' * 27).decode().rstrip('='), 'name': 'Early'}))
    got = b''
    while b'welcome' not in got:
        more = s.recv(4096)
        if not more:
            break
        got += more
    report(b' 101 ' in got and b'welcome' in got, 'W0 a hello in the packet of the request', repr(got))
    s.close()

    base = settle(server)
    for i in range(200):
        s = Socket(server)
        s.send(frame(1, b'{"t":', length=1000))
        s.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        s.close()
    for i in range(200):
        s = server.connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        s.close()
    now = settle(server, base)
    report(now <= base, 'W39 resets in mid-frame and before a request leave no descriptor behind', f'{base} descriptors before, {now} after')


def settle(server, down_to=0):
    """The number of descriptors once it no longer falls, or is at most `down_to`."""
    last = server.descriptors()
    for _ in range(40):
        time.sleep(0.1)
        now = server.descriptors()
        if now <= down_to or (not down_to and now == last):
            return now
        last = now
    return last


def run_connection_cases(server):
    host = server.host
    with server.connect() as s:
        s.sendall(get('/healthz', host=host) * 3 + get('/healthz', 'Connection: close', host=host))
        answer = read_all(s)
    report(answer.count(b'HTTP/1.1 200 OK') == 4 and answer.count(b'\r\n\r\nok\n') == 4, 'H0 requests in one packet are answered in order', repr(answer[:300]))

    with server.connect() as s:
        for byte in get('/healthz', 'Connection: close', host=host):
            s.sendall(bytes([byte]))
        report(b' 200 OK' in read_all(s), 'H0 a request in single bytes')

    with server.connect() as s:
        s.sendall(get('/healthz', host=host))
        read_head(s)
        s.sendall(get('/', 'Upgrade: foo', 'Connection: Upgrade', host=host))
        report(b' 400 ' in read_all(s), 'H12 Upgrade: foo in the second request of a connection')

    with server.connect() as s:
        begin = time.monotonic()
        s.settimeout(3)
        got = b'still open'
        try:
            while time.monotonic() < begin + 3:
                s.sendall(b'G')
                time.sleep(0.05)
        except OSError:
            got = b''
        took = time.monotonic() - begin
        report(got == b'' and took < 2, 'H23 a head that drips in is cut off at its deadline', f'{took:.1f} s')

    with server.connect() as s:
        s.settimeout(3)
        s.sendall(get('', 'Content-Type: application/json', 'Content-Length: 100', host=host, first='POST /api/login HTTP/1.1') + b'{')
        begin = time.monotonic()
        answer = read_all(s)
        report(answer == b'' and time.monotonic() - begin < 2, 'H23 a body that never comes is cut off at its deadline', repr(answer))

    with server.connect() as s:
        s.sendall(get('', 'Content-Type: application/json', 'Content-Length: 11534336', host=host, first='POST /api/login HTTP/1.1'))
        try:
            for _ in range(176):
                s.sendall(b' ' * 65536)
        except OSError:
            pass
        report(b' 413 ' in read_all(s), 'H26 a body of 11 MiB gets to read its refusal')

    with server.connect() as s:
        s.sendall(get('', 'Content-Type: application/json', 'Content-Length: 2', 'Expect: 100-continue', 'Connection: close', host=host, first='POST /api/login HTTP/1.1'))
        first = s.recv(4096)
        s.sendall(b'{}')
        report(first.startswith(b'HTTP/1.1 100 ') and b' 400 ' in read_all(s), 'H30 100-continue', repr(first))


HEADERS = {
    'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp', 'x-frame-options': 'DENY',
}
FORBIDDEN_HEADERS = ['server', 'x-xss-protection', 'access-control-allow-origin', 'strict-transport-security', 'x-powered-by']


def run_page_cases(server):
    for what, path, status in (('the page', '/', 200), ('a refusal', '/nothing', 404), ('the interface', '/api/me', 401), ('health', '/healthz', 200)):
        got, fields, _ = server.request('GET', path)
        wrong = [n for n, v in HEADERS.items() if fields.get(n) != v] + [n for n in FORBIDDEN_HEADERS if n in fields]
        policy = fields.get('content-security-policy', '')
        if "default-src 'none'" not in policy or f"connect-src 'self' ws://{server.host};" not in policy or 'unsafe' in policy or '*' in policy:
            wrong.append('content-security-policy')
        report(got == status and not wrong, f'headers of {what}', f'{got} {wrong} {fields}')
    raw = server.send(b'BREW / HTTP/1.1\r\n\r\n')
    report(b"default-src 'none'" in raw and b'nosniff' in raw, 'headers of a request that could not be read')

    _, fields, page = server.request('GET', '/')
    report(fields['cache-control'] == 'no-cache' and fields['content-type'] == 'text/html; charset=utf-8', 'the page is asked for anew', repr(fields))
    status, _, body = server.request('GET', '/', headers=[f'If-None-Match: {fields["etag"]}'])
    report(status == 304 and body == b'', 'a page that has not changed')
    status, again, body = server.request('HEAD', '/')
    report(status == 200 and body == b'' and again['content-length'] == str(len(page)), 'HEAD')
    script = re.search(rb'src="\.?(/assets/[^"]+\.js)"', page).group(1).decode()
    _, fields, plain = server.request('GET', script)
    report('immutable' in fields['cache-control'] and 'max-age=31536000' in fields['cache-control'], 'hashed assets are kept for ever', repr(fields))
    for accept, coding in (('gzip', 'gzip'), ('gzip, br', 'br'), ('br;q=0, gzip', 'gzip'), ('identity', None), ('xbr, gzippy', None)):
        _, fields, body = server.request('GET', script, headers=[f'Accept-Encoding: {accept}'])
        good = fields.get('content-encoding') == coding and fields['vary'] == 'Accept-Encoding' and (len(body) < len(plain) if coding else body == plain)
        report(good, f'Accept-Encoding: {accept}', repr(fields))
    import gzip
    _, _, body = server.request('GET', script, headers=['Accept-Encoding: gzip'])
    report(gzip.decompress(body) == plain, 'the gzip form unpacks to the plain one')


def code_of(answer):
    try:
        return answer[0], json.loads(answer[2]).get('code')
    except ValueError:
        return answer[0], None


def run_interface_cases(server):
    own, json_type = f'Origin: http://{server.host}', 'Content-Type: application/json'
    post = lambda path, body, *headers: server.request('POST', path, body, list(headers))

    for what, body, code in (('no JSON', b'{', 'bad_json'), ('two documents', b'{}{}', 'bad_json'), ('a list', b'[]', 'bad_shape'), ('a missing part', {'name': 'x'}, 'bad_shape'),
                             ('a part too many', {'name': 'x', 'password': 'y', 'role': 'owner'}, 'bad_shape'), ('a number for a name', {'name': 1, 'password': 'y'}, 'bad_type'),
                             ('null for a password', {'name': 'x', 'password': None}, 'bad_type'), ('a name twice', b'{"name":"x","name":"y","password":"z"}', 'dup_key'),
                             ('NUL in a password', b'{"name":"x","password":"a\\u0000b"}', 'bad_utf8'), ('17 levels', b'{"name":' + b'[' * 17 + b']' * 17 + b'}', 'too_deep'),
                             ('a password of 257 bytes', {'name': 'x', 'password': 'y' * 257}, 'bad_value')):
        got = code_of(post('/api/login', body))
        report(got == (400, code), f'S23 login with {what}', repr(got))

    for password, say in (('short', 'password.short'), ('passwordpassword', 'password.common'), ('P4ssw0rdP4ssw0rd!', 'password.common'), ('aaaaaaaaaaaaaaa', 'password.common'),
                          ('forwhomclassroom', 'password.common'), ('Teacher123456', 'password.common'), ('123456789012', 'password.common'), ('qwertyuiopasdf', 'password.common')):
        status, _, body = post('/api/invite', {'invite': server.invite, 'name': 'Ms Frizzle', 'password': password})
        report(status == 400 and json.loads(body)['say'] == say, f'the password {password} is refused', repr(body))
    got = code_of(post('/api/invite', {'invite': server.invite, 'name': '​', 'password': 'a magic school bus'}))
    report(got == (400, 'bad_value'), 'S10 an invisible name', repr(got))
    got = code_of(post('/api/invite', {'invite': 'A' * 43, 'name': 'Ms Frizzle'}))
    report(got == (403, 'auth'), 'an invite that never was', repr(got))
    got = code_of(post('/api/invite', {'invite': server.invite, 'name': 'Ms Frizzle'}, 'Origin: http://evil.example'))
    report(got == (403, 'forbidden'), 'A19 an invite used by a foreign page', repr(got))

    session = sign_in(server)
    got = code_of(post('/api/invite', {'invite': server.invite, 'name': 'Somebody Else'}))
    report(got == (403, 'auth'), 'an invite works once', repr(got))

    status, fields, body = post('/api/login', {'name': 'Ms Frizzle', 'password': 'a magic school bus'}, own)
    cookie = fields.get('set-cookie', '')
    report(status == 200 and 'session' not in json.loads(body) and re.match(r'fw=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\d+$', cookie), 'a browser gets a cookie and no session', cookie)
    cookie = 'Cookie: ' + cookie.split(';')[0]
    bearer = f'Authorization: Bearer {session}'

    get_me = lambda *headers: code_of(server.request('GET', '/api/me', headers=list(headers)))
    for what, headers, expected in (('by cookie', [cookie], 200), ('by cookie among others', [f'Cookie: a=b; {cookie[8:]}; xfw=z'], 200), ('by a cookie whose name ends the same', [f'Cookie: x{cookie[8:]}'], 401),
                                    ('by two different cookies', [f'{cookie}; fw=other'], 401), ('by the cookie of TLS', [f'Cookie: __Host-{cookie[8:]}'], 401), ('by bearer', [bearer], 200),
                                    ('by bearer from a page', [bearer, own], 403), ('by cookie from a foreign page', [cookie, 'Origin: http://evil.example'], 403),
                                    ('by cookie from a sibling', [cookie, 'Sec-Fetch-Site: same-site'], 403), ('by a wrong bearer', ['Authorization: Bearer ' + 'A' * 43], 401),
                                    ('by Basic', ['Authorization: Basic YTpi'], 401), ('by nothing', [], 401)):
        got = get_me(*headers)
        report(got[0] == expected, f'A19 me {what}', repr(got))
    for what, headers, expected in (('by cookie from our page', [cookie, own], 200), ('by cookie from nowhere', [cookie], 403), ('by cookie with Sec-Fetch-Site', [cookie, 'Sec-Fetch-Site: same-origin'], 200),
                                    ('by cookie from a foreign page', [cookie, 'Origin: http://evil.example'], 403), ('by cookie from null', [cookie, 'Origin: null'], 403),
                                    ('by cookie as a form', [cookie, own, 'Content-Type: text/plain'], 415), ('by bearer', [bearer], 200)):
        got = code_of(post('/api/classes', {'title': 'One'}, *headers))
        report(got[0] == expected, f'A19 a class {what}', repr(got))

    for what, body, expected in (('without a title', {}, 'bad_shape'), ('with an empty title', {'title': ' '}, 'bad_value'), ('with ESC in the title', {'title': 'a\x1bb'}, 'bad_utf8'),
                                 ('with 121 characters', {'title': 'é' * 121}, 'bad_value'), ('with sections that are none', {'title': 'x', 'sections': [1]}, 'bad_type'),
                                 ('with 25 sections', {'title': 'x', 'sections': ['s'] * 25}, 'bad_value'), ('with unknown names', {'title': 'x', 'names': 'anonymous'}, 'bad_value')):
        got = code_of(post('/api/classes', body, bearer))
        report(got == (400, expected), f'a class {what}', repr(got))
    status, _, body = post('/api/classes', {'title': 'é' * 120, 'prompt': 'Why?', 'sections': ['A', 'B'], 'hold': True, 'names': 'hidden'}, bearer)
    code = json.loads(body)['code']
    report(status == 200 and json.loads(body)['url'] == f'http://{server.host}/#/{code[:3]}-{code[3:]}', 'a class with everything', repr(body))
    me = json.loads(server.request('GET', '/api/me', headers=[bearer])[2])
    report(me['classes'][0]['code'] == code and me['classes'][0]['title'] == 'é' * 120, 'my classes, newest first', repr(me)[:200])

    ticket = json.loads(post('/api/ticket', {'class': f'{code[:3].lower()} - {code[3:]}'}, bearer)[2])['ticket']
    hello = {'t': 'hello', 'v': 1, 'class': code, 'ticket': ticket}
    s = Socket(server)
    s.send(text(hello))
    got = s.until_text()
    report(isinstance(got, dict) and got.get('role') == 'owner', 'a ticket lets its owner in', repr(got))
    again = Socket(server)
    again.send(text(hello))
    got = again.outcome()
    report(got in ('auth', 4401), 'a ticket works once', repr(got))
    got = code_of(post('/api/ticket', {'class': '2222222'}, bearer))
    report(got == (404, 'not_found'), 'a ticket for no class', repr(got))

    status, fields, body = post('/api/qr', {'text': f'http://{server.host}/#/{code}'})
    report(status == 200 and fields['content-type'] == 'image/svg+xml' and body.startswith(b'<svg ') and b'style' not in body, 'a QR code')
    got = code_of(post('/api/qr', {'text': 'x' * 513}))
    report(got == (400, 'bad_value'), 'a QR code of 513 bytes', repr(got))
    report(post('/api/qr', {'text': 'x' * 512})[0] == 200, 'a QR code of 512 bytes')
    report(json.loads(server.request('GET', '/api/origin')[2]) == {'origin': f'http://{server.host}'}, 'the origin as the client sees it')

    got = code_of(post('/api/logout', {}, cookie, own))
    report(got[0] == 200 and get_me(cookie)[0] == 401 and get_me(bearer)[0] == 200, 'signing out ends this session and no other', repr(got))
    got = s.until_text() if s else None
    report(got == ('close', 4401) or (isinstance(got, tuple) and got[0] == 'close'), 'signing out closes the sockets of the account', repr(got))

    answers = [code_of(post('/api/login', {'name': 'Ms Frizzle', 'password': f'wrong guess number {i}'})) for i in range(6)]
    report([a[0] for a in answers] == [401] * 5 + [429], 'A4 five wrong passwords, and no more', repr(answers))
    status, fields, body = post('/api/login', {'name': 'ms frizzle', 'password': 'x'}, 'X-Forwarded-For: 10.9.8.7')
    report(status == 429 and json.loads(body)['retry_ms'] > 0 and int(fields['retry-after']) > 0, 'H27 a forwarding field from anybody changes nothing', repr(body))
    begin = time.monotonic()
    post('/api/login', {'name': 'Nobody at all', 'password': 'wrong guess'})
    took = time.monotonic() - begin
    report(took > 0.02, 'S23 an unknown name costs a hash as well', f'{took * 1000:.0f} ms')
    return session


def run_log_case(server, *secrets):
    log = server.log_text()
    found = [s for s in (*secrets, server.invite, 'magic school bus', '127.0.0.1 ') if s in log]
    lines = [line for line in log.splitlines() if not re.match(r'<[3-6]>event=[\w.]+( |$)', line)]
    report(not found, 'P36 the log holds no secret', repr(found))
    report(not lines, 'every line of the log is one event', repr(lines[:3]))
    report('\x1b' not in log and '\0' not in log, 'no control character in the log')
    report(log.count('event=http.refused') > 10 and 'suppressed=' in log, 'a flood of refusals is counted and not written', '')


def run_life_cases():
    server = Server(program, *QUICK)
    session = sign_in(server)
    code = new_class(server, session)
    s = join(server, code)
    answer = subprocess.run([program, 'admin', 'invite', '--data', server.data], capture_output=True, text=True, timeout=20)
    report(re.fullmatch(r'http://localhost:\d+/#/invite/[\w-]{43}\n', answer.stdout) and answer.returncode == 0, 'admin invite asks the running server', repr(answer))
    report(os.stat(os.path.join(server.data, 'admin.sock')).st_mode & 0o777 == 0o600, 'the admin socket is its owner\'s alone')
    healthy = subprocess.run([program, '--healthcheck', '--listen', f'127.0.0.1:{server.port}'], timeout=20).returncode
    report(healthy == 0, '--healthcheck of a server that is well')
    second = subprocess.run([program, '--data', server.data, '--listen', '127.0.0.1:0'], capture_output=True, text=True, timeout=20)
    report(second.returncode == 1 and second.stderr.startswith('forwhomd: ') and not second.stdout, 'a second server on the folder is refused', repr(second))
    idle = server.connect()
    idle.sendall(get('/healthz', host=server.host))
    read_head(idle)
    status, took = server.stop()
    got = s.receive()
    reason = json.loads(got[1][2:]) if got and got[0] == 8 else {}
    report(status == 0 and took < 5, 'P17 SIGTERM ends within five seconds', f'status {status}, {took:.2f} s: {server.log_text()[-400:]}')
    report(got and got[1][:2] == (1012).to_bytes(2, 'big') and 0 <= reason.get('retry_ms', -1) <= 2000, 'P17 clients hear when to come back', repr(got))
    report(not os.path.exists(os.path.join(server.data, 'admin.sock')), 'the admin socket is gone')
    answer = subprocess.run([program, 'admin', 'invite', '--data', server.data, '--origin', 'https://class.example'], capture_output=True, text=True, timeout=20)
    report(re.fullmatch(r'https://class\.example/#/invite/[\w-]{43}\n', answer.stdout), 'admin invite without a server', repr(answer))
    invite = answer.stdout.strip()[-43:]
    server = Server(program, *QUICK, data=server.data)
    server.owns_data = True
    status, _, body = server.request('POST', '/api/invite', {'invite': invite, 'name': 'Mr Ratburn'})
    report(status == 200, 'and that invite is good', repr(body))
    status, _, body = server.request('GET', '/api/me', headers=[f'Authorization: Bearer {session}'])
    report(status == 200 and json.loads(body)['classes'][0]['code'] == code, 'sessions and classes are there after a restart', repr(body))
    status, took = server.stop(signal.SIGINT)
    report(status == 0, 'SIGINT ends it too')
    server.clean()

    for what, options in (('0.0.0.0', ['--listen', '0.0.0.0:0']), ('another address', ['--listen', '10.1.2.3:0'])):
        with tempfile.TemporaryDirectory() as data:
            answer = subprocess.run([program, '--data', data, *options], capture_output=True, text=True, timeout=20)
            report(answer.returncode == 2 and '--insecure-http' in answer.stderr and '--behind-proxy' in answer.stderr and not answer.stdout, f'A18 listening at {what} must be asked for', repr(answer))


def run_proxy_cases():
    server = Server(program, *QUICK, '--behind-proxy', '127.0.0.1', '--origin', 'https://class.example')
    headers = ['X-Forwarded-Proto: https', 'X-Forwarded-For: 6.6.6.6, 203.0.113.7']
    status, fields, _ = server.request('GET', '/', headers=headers, host='class.example')
    report(status == 200 and 'strict-transport-security' in fields and "'self' wss://class.example;" in fields['content-security-policy'], 'behind a proxy: HSTS and wss', repr(fields))
    report('https://class.example/#/invite/' in server.banner, 'behind a proxy: the link has the origin')
    report(server.request('GET', '/', host='other.example')[0] == 421, 'behind a proxy: another host')
    status, fields, body = server.request('POST', '/api/invite', {'invite': server.invite, 'name': 'Ms Frizzle', 'password': 'a magic school bus'}, [*headers, 'Origin: https://class.example'], host='class.example')
    report(status == 200 and fields.get('set-cookie', '').startswith('__Host-fw=') and fields['set-cookie'].endswith('; Secure'), 'behind a proxy: a __Host- cookie', repr(fields.get('set-cookie')))
    for i in range(6):
        status, fields, body = server.request('POST', '/api/login', {'name': 'Ms Frizzle', 'password': 'wrong guess'}, headers, host='class.example')
    report(status == 429, 'behind a proxy: a budget is used up', repr(body))
    status, _, _ = server.request('POST', '/api/login', {'name': 'Ms Frizzle', 'password': 'wrong guess'}, ['X-Forwarded-For: 203.0.113.8'], host='class.example')
    report(status == 401, 'behind a proxy: another address has its own budget')
    status, _, _ = server.request('POST', '/api/login', {'name': 'Ms Frizzle', 'password': 'wrong guess'}, ['X-Forwarded-For: 9.9.9.9, 203.0.113.7'], host='class.example')
    report(status == 429, 'H27 behind a proxy: what a client wrote in front changes nothing')
    with server.connect() as s:
        s.sendall(upgrade('class.example', Origin='https://class.example'))
        report(b' 101 ' in read_head(s), 'behind a proxy: WebSocket from the origin')
    log = server.log_text()
    report('203.0.113.7' not in log and '203.0.113.x' in log, 'P36 addresses in the log are cut short')
    server.clean()


def run_liveness_cases():
    """One who answers pings, even with nothing in them, lives; one who does not is dead."""
    server = Server(program, '--limit', 'ping_after_ms=500', '--limit', 'hangup_after_ms=2000')
    code = new_class(server, sign_in(server))
    answering, silent = join(server, code), join(server, code)
    answering.s.settimeout(0.2)
    begin, pings, ended = time.monotonic(), 0, None
    while time.monotonic() < begin + 4 and not ended:
        got = answering.receive()
        if got and got[0] == 9:
            pings += 1
            answering.send(frame(10, got[1]))
        elif got and got[0] == 8:
            ended = got
    answering.s.settimeout(5)
    answering.send(text({'t': 'ping'}))
    report(not ended and pings >= 2 and answering.outcome() == 'pong', 'P23 who answers pings stays', f'{pings} pings, {ended}')
    silent.s.settimeout(1)
    got = silent.until_text()
    report(got == 'eof' or isinstance(got, tuple), 'P23 who does not is hung up on', repr(got))
    server.clean()


def run_full_case():
    """At the cap of sockets newcomers are turned away and the others go on, without the processor being busy."""
    limited = ['prlimit', '--nofile=160:160']
    server = Server(program, '--limit', 'hello_deadline_ms=60000', '--limit', 'message_deadline_ms=60000', wrapper=limited)
    session = sign_in(server)
    first = join(server, new_class(server, session))
    sockets, refused = [], 0
    for _ in range(140):
        s = server.connect(1)
        s.sendall(upgrade(server.host))
        try:
            refused += not read_head(s)
        except OSError:
            refused += 1
        sockets.append(s)
    before = os.times()
    stat = lambda: sum(int(n) for n in open(f'/proc/{server.process.pid}/stat').read().rsplit(')', 1)[1].split()[11:13])
    ticks, begin = stat(), time.monotonic()
    time.sleep(0.5)
    busy = (stat() - ticks) / os.sysconf('SC_CLK_TCK') / (time.monotonic() - begin)
    first.send(text({'t': 'ping'}))
    report(refused > 10 and first.outcome() == 'pong' and busy < 0.1, 'P20 at the cap newcomers are turned away and the others served', f'{refused} refused, {busy:.0%} busy')
    for s in sockets:
        s.close()
    server.clean()


def run_under_valgrind():
    """The upgrades that once read freed memory (CVE-2025-11677), and the ways a connection ends."""
    with tempfile.NamedTemporaryFile() as out:
        server = Server(program, *QUICK, wrapper=['valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full', '--errors-for-leak-kinds=definite', f'--log-file={out.name}'])
        for case in HTTP_CASES:
            if case[0] in ('H12', 'H13', 'H14'):
                sent = case[2] if isinstance(case[2], bytes) else upgrade(server.host, **case[2][1])
                server.send(get('/healthz', host=server.host) + sent.replace(b'HOST', server.host.encode()), timeout=2)
        s = Socket(server)
        s.send(text(b'nonsense'))
        s.outcome()
        status, _ = server.stop()
        report(status == 0, 'H12 H13 upgrades under valgrind', open(out.name).read()[-2000:])
        server.clean()


def main():
    if os.environ.get('VALGRIND'):
        run_under_valgrind()
        return
    liveness = threading.Thread(target=run_liveness_cases)
    liveness.start()
    server = Server(program, *QUICK)
    run_http_cases(server)
    run_connection_cases(server)
    run_page_cases(server)
    session = run_interface_cases(server)
    code = new_class(server, session)
    run_frame_cases(server, code)
    run_socket_cases(server, code)
    run_log_case(server, session)
    status, took = server.stop()
    report(status == 0, 'the server ends well after all this', f'status {status}: {server.log_text()[-1500:]}')
    server.clean()
    run_life_cases()
    run_proxy_cases()
    run_full_case()
    liveness.join()


main()
sys.exit(1 if harness.failures else 0)
