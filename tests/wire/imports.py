"""Templates at start, GET /api/templates, POST /api/import, and back out again by `export`.

  tests/wire/imports.py PROGRAM
"""
import base64, json, os, secrets, signal, socket, subprocess, sys, tempfile, time, urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Server, Socket, new_class, parse, read_all, report, sign_in, text

program = sys.argv[1]
MIB = 1 << 20


def new_id():
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip('=')


def box(key, order, **more):
    return {'key': key, 'title': key.title(), 'col': order, 'row': 1, 'w': 1, 'h': 1, 'order': order, **more}


def canvas(key='mine', **more):
    return {'forwhom': 'canvas', 'version': 1, 'key': key, 'title': 'Nurses', 'columns': 2, 'rows': 1, 'boxes': [box('people', 1), box('needs', 2)], **more}


def full_canvas():
    """With everything the format has."""
    a, b, c = new_id(), new_id(), new_id()
    boxes = [box('people', 1, questions=['Who?', 'Whose?'], tip='Be “specific”.\n\tSay it.', tags=['core', 'other'], links=[{'to': 'people', 'as': 'part-of'}, {'to': 'needs', 'as': 'person-need'}], parts=['for']),
             box('needs', 2, parts=['who', 'offer'])]
    return canvas(credits='Nobody', boxes=boxes, types=[{'number': 1, 'name': 'Payers'}, {'number': 8, 'name': 'משתמשים'}],
                  notes=[{'id': a, 'box': 'people', 'text': 'nurses', 'type': 1, 'tags': ['other', 'core'], 'author': 'Ama O.'}, {'id': b, 'box': 'people', 'text': 'on nights 🌙\nin Kumasi'},
                         {'id': c, 'box': 'needs', 'text': '=1+1', 'type': 5}],
                  links=[{'from': b, 'to': a, 'as': 'part-of'}, {'from': a, 'to': c, 'as': 'person-need'}])


class Client:
    """An instructor with a class."""

    def __init__(self, server, name='Ms Frizzle'):
        self.server, self.session = server, sign_in(server, name)
        self.bearer = f'Authorization: Bearer {self.session}'
        self.code = new_class(server, self.session)

    def send(self, body, *headers, query=None, **words):
        """One import: (status, answer)."""
        query = urllib.parse.urlencode({'class': self.code, **words}) if query is None else query
        body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        status, _, answer = self.server.request('POST', f'/api/import?{query}', body, list(headers) or [self.bearer])
        try:
            return status, json.loads(answer)
        except ValueError:
            return status, answer

    def enter(self):
        ticket = json.loads(self.server.request('POST', '/api/ticket', {'class': self.code}, [self.bearer])[2])['ticket']
        s = Socket(self.server)
        s.send(text({'t': 'hello', 'v': 1, 'class': self.code, 'ticket': ticket}))
        return s, s.until_text()

    def documents(self):
        """What the class document says of its documents, by id."""
        s, _ = self.enter()
        s.send(text({'t': 'open', 'doc': 'class'}))
        found, at, wanted = {}, None, None
        while at is None or wanted is None or at < wanted:  # a snapshot may be older than the document
            got = s.until_text()
            if got['t'] == 'mine':
                wanted = got.get('at', wanted)
            elif got['t'] == 'snapshot':
                found.update((o['id'], o['fields']) for o in got['objects'] if o['kind'] == 'document')
                at = got['at'] if got.get('last') else None
            elif got['t'] == 'ops':
                found.update((o['id'], o['fields']) for o in got['ops'] if o.get('kind') == 'document')
                at = got['at']
        s.close()
        return found

    def export(self, document):
        s, _ = self.enter()
        s.send(text({'t': 'export', 'id': new_id(), 'doc': document, 'format': 'json'}))
        whole = ''
        while True:
            got = s.until_text()
            if not isinstance(got, dict) or got['t'] == 'no':
                raise SystemExit(f'no export: {got!r}')
            if got['t'] == 'file':
                whole += got['text']
                if got.get('last'):
                    s.close()
                    return whole


def code_of(answer):
    status, body = answer
    return status, body.get('code') if isinstance(body, dict) else None


def run_template_cases(server):
    status, fields, body = server.request('GET', '/api/templates')
    templates = json.loads(body)['templates']
    keys = [t['key'] for t in templates]
    report(status == 200 and fields['content-type'] == 'application/json' and len(keys) == 7 and keys[-1] == 'mine' and keys.count('bmc') == 1, 'the templates, and the operator\'s behind them', repr(keys))
    report(not any(part in t for t in templates for part in ('notes', 'links', 'types')) and all(t['boxes'] for t in templates), 'templates come without notes')
    report(next(t for t in templates if t['key'] == 'bmc')['title'] == 'Ours', 'the operator\'s file takes the place of the one of its key')
    etag = fields['etag']
    again = server.request('GET', '/api/templates', headers=[f'If-None-Match: {etag}'])
    report(again[0] == 304 and not again[2] and again[1]['etag'] == etag, 'who has the templates is told that they are the same', repr(again))
    other = server.request('GET', '/api/templates', headers=['If-None-Match: "other"'])
    report(other[0] == 200 and other[2] == body, 'who has others gets them')
    head = server.request('HEAD', '/api/templates')
    report(head[0] == 200 and int(head[1]['content-length']) == len(body) and not head[2], 'their size without them')
    report(server.request('GET', '/api/templates', headers=['Origin: http://evil.example'])[0] == 403, 'no templates for a foreign page')
    report(server.request('POST', '/api/templates', {})[0] == 405, 'templates are only read')


def run_start_cases():
    good = json.dumps(canvas())
    cases = [
        ('a box outside the grid', {'a.json': good.replace('"col": 2', '"col": 3')}, ['a.json:1: ']),
        ('no JSON, on its third line', {'a.json': '{\n"forwhom": "canvas",\n!}'}, ['a.json:3: ']),
        ('two broken files', {'a.json': '', 'b.json': good, 'c.json': '[]'}, ['a.json:1: ', 'c.json:1: ']),
        ('one key twice', {'a.json': good, 'b.json': good}, ['b.json: the key "mine" is that of ']),
        ('a file of more than a mebibyte', {'a.json': good + ' ' * MIB}, ['a.json:1: ']),
    ]
    for what, files, expected in cases:
        with tempfile.TemporaryDirectory() as data:
            os.mkdir(f'{data}/templates')
            for name, content in files.items():
                open(f'{data}/templates/{name}', 'w').write(content)
            run = subprocess.run([program, '--data', data, '--listen', '127.0.0.1:0'], capture_output=True, text=True, timeout=20)
            lines = run.stderr.splitlines()
            told = [line for line in lines if line.startswith(f'{data}/templates/')]
            good_lines = len(told) == len(expected) and all(line.startswith(f'{data}/templates/{start}') and len(line) > len(f'{data}/templates/{start}') for line, start in zip(told, expected))
            report(run.returncode == 1 and good_lines and lines[-1].startswith('forwhomd: not started') and not run.stdout, f'the server does not start with {what}', repr(run))
            report(os.listdir(data) == ['templates'], f'and has made nothing ({what})', repr(os.listdir(data)))


def run_refusals(client):
    whole = full_canvas()
    send = client.send
    two_lines = json.dumps(canvas(), indent=1).encode()
    for what, got, expected in (
            ('without a class', send(whole, query=''), (400, 'bad_shape')),
            ('with a part too many', send(whole, role='owner'), (400, 'bad_shape')),
            ('with a part twice', send(whole, query=f'class={client.code}&class={client.code}'), (400, 'dup_key')),
            ('with half a percent', send(whole, query=f'class={client.code}&title=%4'), (400, 'bad_shape')),
            ('with a NUL', send(whole, query=f'class={client.code}&title=%00'), (400, 'bad_shape')),
            ('with a title that is no UTF-8', send(whole, query=f'class={client.code}&title=%ff'), (400, 'bad_utf8')),
            ('with a title of 121', send(whole, title='é' * 121), (400, 'bad_value')),
            ('with a right that is none', send(whole, see='everybody'), (400, 'bad_value')),
            ('with a code that is none', send(whole, **{'class': 'hello'}), (404, 'not_found')),
            ('into a class that is not there', send(whole, **{'class': '2222222'}), (404, 'not_found')),
            ('for a team that is not there', send(whole, team=new_id()), (404, 'not_found')),
            ('by nobody', send(whole, 'Accept: */*'), (401, 'auth')),
            ('by a wrong bearer', send(whole, 'Authorization: Bearer ' + 'A' * 43), (401, 'auth')),
            ('from a foreign page', send(whole, 'Origin: http://evil.example', client.bearer), (403, 'forbidden')),
            ('of a list', send([]), (400, 'bad_value')),
            ('of nothing', send(b''), (400, 'bad_value')),
            ('of a body too deep', send(b'[' * 60000), (400, 'bad_value')),
            ('of a mebibyte and one byte', send(json.dumps(whole).encode().ljust(MIB + 1)), (413, 'too_big'))):
        report(code_of(got) == expected, f'an import {what} is refused', repr(got))
    report(send(whole, client.bearer, 'Content-Type: text/plain')[0] == 415, 'an import as a form is refused')
    got = send(two_lines.replace(b'"order": 2', b'"order": 7'))
    line = 1 + two_lines[:two_lines.index(b'"order": 2')].count(b'\n')
    report(got[0] == 400 and got[1]['say'] == 'template.bad' and abs(got[1]['args']['line'] - line) <= 9 and got[1]['args']['line'] > 1 and got[1]['args']['reason'], 'a canvas file is refused with line and reason', repr(got))
    got = send(b'{\n\n"forwhom": 1}')
    report(got[1]['args']['line'] == 3, 'the line is that of the file as it was sent', repr(got))
    report(len(client.documents()) == 1, 'and nothing was made of any of them', repr(client.documents()))


def run_body_cases(client):
    server = client.server
    head = lambda path, n, *fields: '\r\n'.join([f'POST {path} HTTP/1.1', f'Host: {server.host}', 'Content-Type: application/json', f'Content-Length: {n}', *fields, '', '']).encode()
    path = f'/api/import?class={client.code}'

    # Nothing of the body is sent: the answer comes from the head alone, and the connection ends with it.
    for what, sent, expected in (('by nobody', head(path, MIB), 401), ('of too much', head(path, MIB + 1, client.bearer), 413), ('of too much by nobody', head(path, 8 << 30), 413),
                                 ('somewhere else, signed in', head('/api/login', 65537, client.bearer), 413), ('to nowhere', head('/api/nothing', 65537, client.bearer), 413),
                                 ('to the page', head('/', 65537, client.bearer), 413), ('from a foreign page', head(path, MIB, client.bearer, 'Origin: http://evil.example'), 403),
                                 ('to the socket', head('/ws', 65537, client.bearer), 405), ('to the templates', head('/api/templates', 65537, client.bearer), 413)):
        status, fields, _ = parse(server.send(sent))
        report(status == expected and fields.get('connection') == 'close', f'H26 a large body {what} is refused before it is sent', f'{status} {fields}')

    body = json.dumps(canvas()).encode().ljust(MIB)
    with server.connect() as s:
        s.sendall(head(path, MIB, client.bearer, 'Expect: 100-continue'))
        asked = s.recv(100)
        s.sendall(body + head(path, MIB, client.bearer, 'Connection: close') + body)
        answers = read_all(s)
    report(asked.startswith(b'HTTP/1.1 100 ') and answers.count(b'HTTP/1.1 200 OK') == 2, 'a mebibyte is asked for and taken, twice on one connection', repr((asked, answers[:300])))

    with server.connect() as s:
        begin = time.monotonic()
        s.sendall(head(path, 100, client.bearer) + b'{')
        s.settimeout(8)
        report(read_all(s) == b'' and time.monotonic() - begin < 4, 'a small import has the usual deadline')
    with server.connect() as s:
        s.sendall(head(path, 200000, client.bearer) + body[:100000])
        time.sleep(1.5)  # beyond the deadline of small ones, which is 1 s here
        s.sendall(body[100000:200000])
        answer = parse(read_all_once(s))
    report(answer[0] == 200, 'a large one has longer', repr(answer))


def read_all_once(s):
    s.settimeout(3)
    got = b''
    try:
        while b'}' not in got:
            got += s.recv(65536)
    except socket.timeout:
        pass
    return got


def bare(file):
    """A canvas file as what it says, without who wrote what and in no order of links."""
    whole = json.loads(file) if isinstance(file, str) else dict(file)
    whole['notes'] = [{k: v for k, v in n.items() if k != 'author'} for n in whole.get('notes', [])]
    whole['links'] = sorted(whole.get('links', []), key=lambda l: (l['from'], l['to']))
    return whole


def run_round_trip(client):
    whole = full_canvas()
    status, answer = client.send(whole)
    report(status == 200 and list(answer) == ['document'] and len(answer['document']) == 22, 'a canvas file is imported', repr((status, answer)))
    exported = client.export(answer['document'])
    report(bare(exported) == bare(whole), 'and exported it says the same', f'{bare(exported)} {bare(whole)}')
    report(all(n['author'] == 'Ms Frizzle' for n in json.loads(exported)['notes']), 'the importer owns it', exported)
    status, answer = client.send(exported.encode())
    again = client.export(answer['document'])
    report(status == 200 and again == exported, 'an export is imported without loss', f'{again} {exported}')

    status, answer = client.send(whole, title='  Winter \n& spring + 1% ', see='staff')
    fields = client.documents()[answer['document']]
    report(fields['title'] == 'Winter & spring + 1%' and fields['see'] == 'staff' and fields['type'] == 'canvas' and fields['template'] == 'mine', 'title and right as asked', repr(fields))
    cookie_login = client.server.request('POST', '/api/login', {'name': 'Ms Frizzle', 'password': 'a magic school bus'}, [f'Origin: http://{client.server.host}'])
    cookie = 'Cookie: ' + cookie_login[1]['set-cookie'].split(';')[0]
    status, answer = client.send(whole, cookie, f'Origin: http://{client.server.host}')
    report(status == 200, 'an import by cookie from our own page', repr((status, answer)))
    status, answer = client.send(whole, cookie)
    report(status == 403, 'A19 an import by cookie from nowhere', repr((status, answer)))

    for template in json.loads(client.server.request('GET', '/api/templates')[2])['templates']:
        status, answer = client.send(template)
        same = status == 200 and bare(client.export(answer['document'])) == bare(template)
        report(same, f'the template {template["key"]} goes in and comes out the same', repr(answer))

    s, _ = client.enter()
    document = new_id()
    s.send(text({'t': 'do', 'id': new_id(), 'doc': 'class', 'cmd': 'canvas.add', 'args': {'id': document, 'template': 'mine'}}))
    got = s.until_text()
    report(got['t'] == 'ok' and bare(client.export(document)) == bare(canvas()), 'a canvas is made from the operator\'s template', repr(got))
    s.close()


def run_team_cases(client):
    s, _ = client.enter()
    team = new_id()
    s.send(text({'t': 'do', 'id': new_id(), 'doc': 'class', 'cmd': 'team.add', 'args': {'id': team, 'name': 'Reds'}}))
    assert s.until_text()['t'] == 'ok'
    status, answer = client.send(canvas(), team=team)
    report(status == 200 and client.documents()[answer['document']].get('team') == team, 'a canvas for a team', repr((status, answer)))
    s.close()


def run_other_instructor(client):
    link = subprocess.run([program, 'admin', 'invite', '--data', client.server.data], capture_output=True, text=True, timeout=20).stdout.strip()
    status, _, body = client.server.request('POST', '/api/invite', {'invite': link.rsplit('/', 1)[1], 'name': 'Mr Ruhle', 'password': 'another long password'})
    other = f'Authorization: Bearer {json.loads(body)["session"]}'
    before = len(client.documents())
    got = client.send(canvas(), other)
    report(code_of(got) == (403, 'forbidden') and len(client.documents()) == before, 'another instructor may not', repr(got))


def run_durability_cases(client, data):
    """The answer means that it is on disk; and the class need not be in memory."""
    server = client.server
    whole = full_canvas()
    status, answer = client.send(whole)
    server.stop(signal.SIGKILL)
    report(status == 200, 'an import before the server is killed', repr(answer))
    server = client.server = Server(program, data=data)
    status, second = client.send(whole)
    report(status == 200, 'an import into a class that nobody has entered since', repr(second))
    report(bare(client.export(answer['document'])) == bare(whole) and bare(client.export(second['document'])) == bare(whole), 'what was answered is there after a crash')
    status, _ = server.stop()
    report(status == 0, 'the server ends well after imports', server.log_text()[-1500:])
    server.clean()


def main():
    run_start_cases()
    with tempfile.TemporaryDirectory() as data:
        os.mkdir(f'{data}/templates')
        json.dump(full_canvas() | {'key': 'bmc', 'title': 'Ours'}, open(f'{data}/templates/ours.json', 'w'))
        json.dump(canvas(), open(f'{data}/templates/mine.json', 'w'))
        open(f'{data}/templates/README', 'w').write('not a template')
        server = Server(program, '--limit', 'message_deadline_ms=1000', data=data)
        run_template_cases(server)
        client = Client(server)
        run_refusals(client)
        run_body_cases(client)
        run_round_trip(client)
        run_team_cases(client)
        run_other_instructor(client)
        run_durability_cases(client, data)


main()
sys.exit(1 if harness.failures else 0)
