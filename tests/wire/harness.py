"""Starts the real server on a free port with a folder of its own, and speaks to it in raw bytes."""
import base64, itertools, json, os, re, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

failures = 0
lock = threading.Lock()


def report(good, name, detail=''):
    """One line per test, as tests/run reads them."""
    global failures
    with lock:
        failures += not good
        sys.stdout.write(f'ok - {name}\n' if good else f'not ok - {name}\n  {detail}\n')
        sys.stdout.flush()


class Server:
    def __init__(self, program, *options, listen='127.0.0.1:0', data=None, environment=None, wrapper=()):
        self.owns_data = data is None
        self.data = data or tempfile.mkdtemp(prefix='forwhom-wire-')
        self.log_path = os.path.join(self.data, 'log')
        self.log = open(self.log_path, 'wb')
        self.process = subprocess.Popen([*wrapper, program, '--data', self.data, '--listen', listen, *options], stdout=subprocess.PIPE, stderr=self.log, env=environment)
        self.banner = ''
        while '/#/invite/' not in self.banner:
            line = self.process.stdout.readline().decode()
            if not line:
                raise SystemExit(f'the server did not start: {self.log_text()}')
            self.banner += line
        self.invite = re.search(r'/#/invite/([\w-]{43})\n', self.banner).group(1)
        self.port = int(re.search(r'event=listen .*port=(\d+)', self.log_text()).group(1))
        self.host = f'localhost:{self.port}'

    def log_text(self):
        with open(self.log_path, errors='replace') as file:
            return file.read()

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def connect(self, timeout=5):
        return socket.create_connection(('127.0.0.1', self.port), timeout=timeout)

    def send(self, request, timeout=5):
        """Sends bytes and returns everything until the server closes or falls silent."""
        with self.connect(timeout) as s:
            try:
                s.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(s)

    def request(self, method, path, body=None, headers=(), host=None):
        """One request and its answer: (status, fields, body)."""
        lines = [f'{method} {path} HTTP/1.1', f'Host: {host or self.host}', 'Connection: close']
        data = b'' if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        if body is not None:
            lines += [f'Content-Length: {len(data)}']
            if not any(h.lower().startswith('content-type:') for h in headers):
                lines += ['Content-Type: application/json']
        return parse(self.send('\r\n'.join([*lines, *headers, '', '']).encode() + data))

    def stop(self, number=signal.SIGTERM):
        """Returns (exit status, seconds it took)."""
        begin = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(30)
        took = time.monotonic() - begin
        self.process.stdout.close()
        self.log.close()
        return status, took

    def clean(self):
        if self.process.poll() is None:
            self.stop()
        if self.owns_data:
            shutil.rmtree(self.data, ignore_errors=True)


def read_all(s):
    got = b''
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except (socket.timeout, ConnectionResetError):
        return got


def read_head(s):
    got = b''
    while b'\r\n\r\n' not in got:
        more = s.recv(4096)
        if not more:
            break
        got += more
    return got


def parse(answer):
    head, _, body = answer.partition(b'\r\n\r\n')
    lines = head.decode('latin-1').split('\r\n')
    status = int(lines[0].split(' ')[1]) if lines[0].startswith('HTTP/1.1 ') else 0
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(':')
        fields[name.lower()] = value.strip()
    return status, fields, body


KEY = 'dGhlIHNhbXBsZSBub25jZQ=='


def upgrade(host, **changes):
    """The head of a good WebSocket request, with fields changed or (None) left out; request='POST /ws HTTP/1.1' changes the first line."""
    fields = {'Host': host, 'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Key': KEY, 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'forwhom.1'}
    first = changes.pop('request', 'GET /ws HTTP/1.1')
    for name, value in changes.items():
        fields[name.replace('_', '-')] = value
    return (first + '\r\n' + ''.join(f'{n}: {v}\r\n' for n, v in fields.items() if v is not None) + '\r\n').encode()


def frame(opcode, payload=b'', fin=True, rsv=0, mask=True, length=None, form=None):
    """A client's frame. `length` lies about the payload, `form` picks its spelling: 7, 16 or 64 bits."""
    n = len(payload) if length is None else length
    form = form or (7 if n < 126 else 16 if n < 65536 else 64)
    bit = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    head += bytes([bit | n]) if form == 7 else bytes([bit | 126]) + struct.pack('>H', n) if form == 16 else bytes([bit | 127]) + struct.pack('>Q', n)
    if not mask:
        return head + payload
    key = b'\x12\x34\x56\x78'
    return head + key + bytes(c ^ key[i & 3] for i, c in enumerate(payload))


def text(message, **options):
    return frame(1, message if isinstance(message, bytes) else json.dumps(message).encode(), **options)


class Socket:
    """A WebSocket client that can do everything wrong."""

    def __init__(self, server, **changes):
        self.s = server.connect()
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.sendall(upgrade(server.host, **changes))
        head = b''
        while b'\r\n\r\n' not in head:
            more = self.s.recv(4096)
            if not more:
                break
            head += more
        self.head, _, self.rest = head.partition(b'\r\n\r\n')

    def send(self, *frames):
        for bytes_ in frames:
            try:
                self.s.sendall(bytes_)
            except OSError:
                return

    def receive(self):
        """The next frame as (opcode, payload), or None at the end."""
        def need(n):
            while len(self.rest) < n:
                try:
                    more = self.s.recv(65536)
                except (ConnectionResetError, socket.timeout):
                    more = b''
                if not more:
                    return False
                self.rest += more
            return True
        if not need(2):
            return None
        n, at = self.rest[1] & 127, 2
        if n == 126:
            if not need(4):
                return None
            n, at = struct.unpack('>H', self.rest[2:4])[0], 4
        elif n == 127:
            if not need(10):
                return None
            n, at = struct.unpack('>Q', self.rest[2:10])[0], 10
        if not need(at + n):
            return None
        opcode, payload = self.rest[0] & 15, self.rest[at:at + n]
        self.rest = self.rest[at + n:]
        return opcode, payload

    def until_text(self):
        """The next message, as JSON; ('close', code) or 'eof' if there is none."""
        while True:
            got = self.receive()
            if got is None:
                return 'eof'
            if got[0] == 1:
                return json.loads(got[1])
            if got[0] == 8:
                return ('close', struct.unpack('>H', got[1][:2])[0] if len(got[1]) >= 2 else 0)

    def outcome(self):
        """What came of it all: the code of a close frame, 'eof', or the name of the first message that says something ('pong', or a refusal's code)."""
        while True:
            got = self.until_text()
            if got == 'eof':
                return 'eof'
            if isinstance(got, tuple):
                return got[1]
            if got['t'] == 'no':
                return got['code']
            if got['t'] == 'pong':
                return 'pong'

    def close(self):
        self.s.close()


def sign_in(server, name='Ms Frizzle', password='a magic school bus'):
    """Uses the server's invite up; returns the session."""
    status, _, body = server.request('POST', '/api/invite', {'invite': server.invite, 'name': name, 'password': password})
    assert status == 200, (status, body)
    return json.loads(body)['session']


def new_class(server, session, **more):
    status, _, body = server.request('POST', '/api/classes', {'title': 'Value propositions', **more}, [f'Authorization: Bearer {session}'])
    assert status == 200, (status, body)
    return json.loads(body)['code']


members = itertools.count(1)


def join(server, code, name='Ama'):
    """A socket that has said hello as somebody new."""
    member = next(members)
    s = Socket(server)
    secret = base64.urlsafe_b64encode(struct.pack('>Q', member) * 4).decode().rstrip('=')
    s.send(text({'t': 'hello', 'v': 1, 'class': code, 'secret': secret, 'name': f'{name} {member}'}))
    welcome = s.until_text()
    assert isinstance(welcome, dict) and welcome['t'] == 'welcome', welcome
    return s
