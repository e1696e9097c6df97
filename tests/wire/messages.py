"""Cases of messages.json over real sockets, and every argument of every command with values of every wrong type (J25).

  tests/wire/messages.py PROGRAM
"""
import base64, itertools, json, os, secrets, socket, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Server, Socket, frame, new_class, report, sign_in, text

here = os.path.dirname(os.path.abspath(__file__))
HUGE = 9007199254740991


def new_id():
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip('=')


def new_secret():
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')


class World:
    """The server with two classes of Prof. Okoro's, and a post in the second."""

    def __init__(self, program):
        # As many as there are cases come from one address, and guess, and post.
        self.server = Server(program, '--limit', 'wrong_codes_per_min=100000', '--limit', 'members_per_class=10000', '--limit', 'documents_per_class=10000')
        self.session = sign_in(self.server, name='Prof. Okoro')
        self.code, self.other_code = (new_class(self.server, self.session) for _ in range(2))
        self.other_secret, self.other_post = new_secret(), new_id()
        s = Socket(self.server)
        self.other_wall = self.hello(s, self.other_code, secret=self.other_secret, name='Ada')['start']
        s.send(text({'t': 'do', 'id': new_id(), 'doc': self.other_wall, 'cmd': 'post.add', 'args': {'id': self.other_post, 'for': 'other'}}))
        answer = s.until_text()
        assert answer['t'] == 'ok', answer
        s.close()
        self.wall = None

    def hello(self, s, code, **who):
        s.send(text({'t': 'hello', 'v': 1, 'class': code, **who}))
        welcome = s.until_text()
        assert isinstance(welcome, dict) and welcome['t'] == 'welcome', welcome
        return welcome

    def ticket(self, code):
        status, _, body = self.server.request('POST', '/api/ticket', {'class': code}, [f'Authorization: Bearer {self.session}'])
        assert status == 200, (status, body)
        return json.loads(body)['ticket']


def document_of(cmd):
    if cmd.startswith(('class.', 'member.', 'team.', 'document.', 'canvas.add')):
        return 'class'
    return '$CANVAS' if cmd.startswith(('note.', 'link.', 'box.', 'type.', 'canvas.promote', 'undo', 'redo', 'revert', 'restore')) else '$WALL'


class Case:
    """One case: sockets and ids of its own."""

    numbers = itertools.count(1)

    def __init__(self, world, case):
        self.world, self.case, self.sockets = world, case, {}
        self.number = next(self.numbers)
        self.members = {}
        self.ids = {f'${letter}': new_id() for letter in 'ABCDEF'}
        self.secrets = {'ama': new_secret(), 'ben': new_secret()}
        self.names = {'ama': f'Ama {self.number}', 'ben': f'Ben {self.number}'}

    def socket(self, who):
        if who in self.sockets:
            return self.sockets[who]
        s = self.sockets[who] = Socket(self.world.server)
        s.s.settimeout(8)
        if who in ('ama', 'ben'):
            welcome = self.world.hello(s, self.world.code, secret=self.secrets[who], name=self.names[who])
            self.world.wall, self.members[who] = welcome['start'], welcome['me']
        elif who == 'olu':
            self.world.wall = self.world.hello(s, self.world.code, ticket=self.world.ticket(self.world.code))['start']
        return s

    def add_canvases(self):
        """What messages.json calls $CANVAS, $TEAM, $TEAMCANVAS and $CLOSED."""
        olu = self.socket('olu')
        self.socket('ama'), self.socket('ben')
        self.ids |= {name: new_id() for name in ('$CANVAS', '$TEAMCANVAS', '$CLOSED', '$TEAM')} | {'$AMA_ID': self.members['ama'], '$BEN_ID': self.members['ben']}
        for cmd, args in (('team.add', {'id': '$TEAM', 'name': 'Team'}), ('member.place', {'member': '$AMA_ID', 'team': '$TEAM'}), ('canvas.add', {'id': '$CANVAS', 'template': 'discovery', 'see': 'class'}),
                          ('document.set', {'id': '$CANVAS', 'change': 'staff'}), ('canvas.add', {'id': '$TEAMCANVAS', 'template': 'discovery', 'team': '$TEAM'}), ('canvas.add', {'id': '$CLOSED', 'template': 'discovery', 'see': 'staff'})):
            olu.send(frame(1, self.compose({'do': cmd, 'args': args})))
            assert self.outcome(olu, 'ok') == 'ok', cmd

    def substitute(self, message):
        world, code = self.world, self.world.code
        values = {'$OTHER_WALL': lambda: world.other_wall, '$OTHER_POST': lambda: world.other_post, '$OTHER_TICKET': lambda: world.ticket(world.other_code), '$OTHER_SECRET': lambda: world.other_secret,
                  '$FULLWIDTH': lambda: ''.join(chr(ord(c) - 0x21 + 0xff01) for c in code), '$TICKET': lambda: world.ticket(code), '$CO-DE': lambda: f'{code[:3]}-{code[3:]}', '$FRESH': new_secret,
                  '$CODE': lambda: code, '$code': code.lower, '$WALL': lambda: world.wall, '$AMA': lambda: self.secrets['ama'], **{k: lambda v=v: v for k, v in self.ids.items()}}
        for name, value in sorted(values.items(), key=lambda item: -len(item[0])):
            while name in message:
                message = message.replace(name, value(), 1)
        return message

    def compose(self, step):
        if 'hex' in step:
            return bytes.fromhex(step['hex'])
        if 'send' in step:
            message = json.dumps(step['send'])
        elif 'do' in step:
            doc = step.get('in') or document_of(step['do'])
            message = json.dumps({'t': 'do', 'id': new_id(), 'doc': doc, 'cmd': step['do'], 'args': step['args']})
        else:
            unit, count = step.get('repeat', ['', 0])
            message = step['raw'] + unit * count + step.get('after', '')
        return self.substitute(message).encode()

    def outcome(self, s, expected):
        """What comes of a message, in the words of the file."""
        while True:
            got = s.until_text()
            if got == 'eof':
                return 'eof'
            if isinstance(got, tuple):
                return f'close {got[1]}'
            if got['t'] == 'no' and expected.startswith('close'):
                continue  # the last words before the end
            if got['t'] == 'ok':
                return ' '.join(['ok', *([got['result']['state']] if 'state' in got['result'] else [])])
            if got['t'] == 'no':
                return ' '.join(['no', got['code'], *([got['say']] if expected.count(' ') == 2 else [])])
            if got['t'] in ('welcome', 'pong', expected):
                return got['t']

    def step(self, step):
        s, expected = self.socket(step['who']), step.get('wire', step['expect'])
        message = self.compose(step)
        s.send(frame(1, message))
        if expected == 'nothing':
            s.send(text({'t': 'ping'}))
            got = self.outcome(s, 'pong')
            return None if got == 'pong' else f'{got} instead of nothing'
        got = ', '.join(self.outcome(s, part) for part in expected.split(', '))
        return None if got == expected else f'{got} instead of {expected} to {message[:200]!r}'

    def run(self):
        if not self.world.wall or any('$AMA' in json.dumps(step, ensure_ascii=False) for step in self.case['steps']):
            self.socket('ama')
        if self.case['row'].startswith('K'):
            self.add_canvases()
        wrong = next((w for w in map(self.step, self.case['steps']) if w), None)
        report(not wrong, f'{self.case["row"]}: {self.case["what"]}', wrong)
        for s in self.sockets.values():
            s.close()


def wrong_values(spec):
    """Values for an argument, and what must come of each."""
    kind = spec['type']
    string = kind in ('line', 'text', 'word', 'id')
    for value in (None, True, 0, '', [], {}, 'x' * 20000, HUGE):
        if isinstance(value, list) and kind in ('ids', 'edit'):
            yield value, ['bad_value', 'not_found']
        elif value is None or isinstance(value, (list, dict)):
            yield value, ['bad_type']
        elif isinstance(value, bool):
            yield value, ['forbidden', 'ok', 'not_found', 'conflict', 'bad_value'] if kind == 'bool' else ['bad_type']
        elif isinstance(value, int):
            yield value, ['bad_type'] if kind != 'int' else ['not_found', 'ok', 'bad_value']
        elif not string:
            yield value, ['bad_type']
        elif kind in ('word', 'id'):
            yield value, ['bad_value']
        elif value:
            yield value, ['bad_value', 'too_big']


def type_confusion(world):
    """J25: as the instructor, who may do everything, so that nothing hides behind `forbidden`."""
    with open(os.path.join(here, '..', '..', 'proto', 'commands.json')) as file:
        commands = json.load(file)['commands']
    good = {'line': 'words', 'text': 'words', 'word': 'named', 'int': 1, 'bool': True, 'edit': [], 'ids': [new_id()]}
    s, sent, canvas = None, 0, None
    for name, command in commands.items():
        for arg, spec in command['args'].items():
            wrong = None
            for value, expected in wrong_values(spec):
                if not s or sent > 50:  # a fresh bucket of commands and of bytes
                    if s:
                        s.close()
                    s, sent = Socket(world.server), 0
                    s.s.settimeout(8)
                    world.wall = world.hello(s, world.code, ticket=world.ticket(world.code))['start']
                    if not canvas:
                        canvas = new_id()
                        s.send(text({'t': 'do', 'id': new_id(), 'doc': 'class', 'cmd': 'canvas.add', 'args': {'id': canvas, 'template': 'discovery'}}))
                        assert s.until_text()['t'] == 'ok'
                sent += command['cost'] if not isinstance(value, str) or len(value) < 1000 else max(5, command['cost'])
                args = {k: new_id() if v['type'] == 'id' else v.get('values', [good[v['type']]])[0] if v['type'] != 'bool' else False for k, v in command['args'].items() if v.get('need')}
                id = new_id()
                s.send(text({'t': 'do', 'id': id, 'doc': {'class': 'class', 'wall': world.wall}.get(command['in'], canvas), 'cmd': name, 'args': {**args, arg: value}}))
                answer = s.until_text()
                if not isinstance(answer, dict) or answer.get('id') != id or answer.get('code', 'ok') not in expected:
                    wrong = wrong or f'{name} with {arg} = {str(value)[:40]!r}: {answer} instead of {expected}'
                    s, sent = None, 0
            report(not wrong, f'J25: {name} with a wrong {arg}', wrong)


def main():
    with open(os.path.join(here, 'messages.json'), encoding='utf-8') as file:
        cases = json.load(file)['cases']
    world = World(sys.argv[1])
    try:
        for case in cases:
            Case(world, case).run()
        type_confusion(world)
        status, _ = world.server.stop()
        report(status == 0, 'the server survives it all and stops in order', world.server.log_text()[-2000:])
    finally:
        world.server.clean()
    sys.exit(1 if harness.failures else 0)


if __name__ == '__main__':
    main()
