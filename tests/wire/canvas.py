"""Canvases over real sockets: teams and who may read what, several people in one text, coming back with unsent words, presence, undo, the past, files to take away.

  tests/wire/canvas.py PROGRAM
"""
import json, os, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Server, Socket, new_class, report, sign_in, text
from messages import new_id, new_secret


def apply_edit(value, edit):
    """ot-text-unicode: skips, insertions, deletions over code points."""
    out, at = [], 0
    for part in edit:
        if isinstance(part, int):
            out.append(value[at:at + part])
            at += part
        elif isinstance(part, str):
            out.append(part)
        else:
            at += part['d']
    return ''.join(out) + value[at:]


class Person:
    """A client with a copy of what it has open."""

    def __init__(self, world, who, secret=None, opens=()):
        self.world, self.who = world, who
        self.secret = secret or new_secret()
        self.docs, self.at, self.epoch, self.heard = {}, {}, {}, []
        self.s = Socket(world.server)
        self.s.s.settimeout(8)
        credential = {'ticket': world.ticket()} if who == 'olu' else {'secret': self.secret, 'name': who}
        self.s.send(text({'t': 'hello', 'v': 1, 'class': world.code, **credential, 'open': [{'doc': 'class'}, *opens]}))
        welcome = self.wait(lambda m: m['t'] == 'welcome')
        self.me, self.start = welcome['me'], welcome['start']
        self.wait(lambda m: m['t'] == 'snapshot' and m['doc'] == 'class' and m.get('last'))

    def take(self, m):
        doc = m.get('doc')
        if m['t'] == 'snapshot':
            if m['part'] == 0:
                self.docs[doc] = {}
            for o in m['objects']:
                self.docs[doc][o['id']] = {'kind': o['kind'], **o['fields']}
            self.at[doc], self.epoch[doc] = m['at'], m['epoch']
        elif m['t'] == 'ops':
            assert m['at'] - len(m['ops']) == self.at[doc], ('a gap', m, self.at[doc])
            self.at[doc], self.epoch[doc] = m['at'], m['epoch']
            for op in m['ops']:
                objects = self.docs[doc]
                if op['op'] == 'put':
                    objects[op['id']] = {'kind': op['kind'], **op['fields']}
                elif op['op'] == 'set':
                    objects[op['id']].update(op['fields'])
                elif op['op'] == 'del':
                    del objects[op['id']]
                else:
                    o = objects[op['id']]
                    o[op['field']] = apply_edit(o.get(op['field'], ''), op['edit'])
                    o['rev'] = op['rev']

    def wait(self, good):
        while True:
            m = self.s.until_text()
            assert isinstance(m, dict), (self.who, m)
            self.take(m)
            self.heard.append(m)
            if good(m):
                return m

    def say(self, **message):
        self.s.send(text(message))

    def open(self, doc, **more):
        self.say(t='open', doc=doc, **more)
        first = self.wait(lambda m: (m['t'] == 'mine' and m['doc'] == doc and m['whole']) or (m['t'] == 'no' and m.get('doc') == doc))
        while first['t'] == 'mine' and self.at.get(doc, -1) < first['at']:
            self.wait(lambda m: True)
        return first

    def reach(self, doc, at):
        while self.at[doc] < at:
            self.wait(lambda m: True)

    def ask(self, t, **args):
        """All parts of an answer, or the refusal."""
        id, parts = new_id(), []
        self.say(t=t, id=id, **args)
        while True:
            m = self.wait(lambda m: m.get('id') == id)
            parts.append(m)
            if m['t'] == 'no' or m.get('last'):
                return parts

    def presence(self, doc, good):
        return self.wait(lambda m: m['t'] == 'presence' and m['doc'] == doc and good(m))

    def notes(self, doc, box):
        found = [(o.get('pos', ''), id, o) for id, o in self.docs[doc].items() if o['kind'] == 'note' and o.get('box') == box]
        return [o.get('text', '') for _, _, o in sorted(found, key=lambda f: f[:2])]

    def close(self):
        self.s.close()


class World:
    def __init__(self, program):
        self.server = Server(program, '--limit', 'wrong_codes_per_min=100000', '--limit', 'commands_burst=1000')
        self.session = sign_in(self.server, name='Prof. Okoro')
        self.code = new_class(self.server, self.session)
        self.olu = Person(self, 'olu')
        self.ama, self.ben, self.zoe = (Person(self, name) for name in ('Ama', 'Ben', 'Zoe'))
        self.wall = self.olu.start
        self.teams = [new_id(), new_id()]
        for number, id in enumerate(self.teams):
            self.must(self.olu, 'class', 'team.add', {'id': id, 'name': f'Team {number + 1}'})
        for person, team in ((self.ama, 0), (self.ben, 0), (self.zoe, 1)):
            self.must(self.olu, 'class', 'member.place', {'member': person.me, 'team': self.teams[team]})

    def ticket(self):
        status, _, body = self.server.request('POST', '/api/ticket', {'class': self.code}, [f'Authorization: Bearer {self.session}'])
        assert status == 200, (status, body)
        return json.loads(body)['ticket']

    def send(self, person, doc, cmd, args, id=None):
        id = id or new_id()
        person.say(t='do', id=id, doc=doc, cmd=cmd, args=args)
        return id

    def answer(self, person, doc, id):
        answer = person.wait(lambda m: m['t'] in ('ok', 'no') and m.get('id') == id)
        if answer['t'] == 'ok' and doc in person.at:
            person.reach(doc, answer['at'])
        return answer

    def do(self, person, doc, cmd, args, id=None):
        return self.answer(person, doc, self.send(person, doc, cmd, args, id))

    def must(self, person, doc, cmd, args, id=None):
        answer = self.do(person, doc, cmd, args, id)
        assert answer['t'] == 'ok', (person.who, cmd, args, answer)
        return answer

    def refuses(self, name, person, doc, cmd, args, code, say=None):
        answer = self.do(person, doc, cmd, args)
        got = (answer['t'], answer.get('code'), answer.get('say') if say else None)
        report(got == ('no', code, say), name, f'{answer}')

    def canvas(self, **args):
        id = new_id()
        self.must(self.olu, 'class', 'canvas.add', {'id': id, 'template': 'bmc', **args})
        return id


def same(name, people, doc, what):
    values = [what(p) for p in people]
    report(all(v == values[0] for v in values), name, f'{values}')


def rights(w):
    canvas = w.canvas(team=w.teams[0])
    for person in (w.olu, w.ama, w.ben):
        report(person.open(canvas)['t'] == 'mine', f'{person.who} opens the canvas of team 1')
    report(w.zoe.open(canvas).get('code') == 'not_found', 'another team finds nothing there')
    w.refuses('nor may it write there', w.zoe, canvas, 'note.add', {'id': new_id(), 'box': 'segments'}, 'not_found')
    w.must(w.ama, 'class', 'document.set', {'id': canvas, 'see': 'class'})
    report(w.zoe.open(canvas)['t'] == 'mine', 'once its team has opened it everybody reads it')
    w.refuses('and still only reads', w.zoe, canvas, 'note.add', {'id': new_id(), 'box': 'segments'}, 'forbidden', 'forbidden.add')
    w.must(w.ben, 'class', 'document.set', {'id': canvas, 'see': 'team'})
    w.zoe.wait(lambda m: m['t'] == 'reload' and m['doc'] == canvas)
    report(True, 'who loses it while reading is told to drop it')
    report(w.zoe.open(canvas).get('code') == 'not_found', 'and does not find it again')
    w.refuses('a member changes no other right', w.ama, 'class', 'document.set', {'id': canvas, 'add': 'class'}, 'forbidden')
    before = len(w.zoe.heard)
    w.must(w.ama, canvas, 'note.add', {'id': new_id(), 'box': 'segments', 'text': 'a secret of team 1'})
    w.zoe.say(t='ping')
    w.zoe.wait(lambda m: m['t'] == 'pong')
    report('a secret of team 1' not in json.dumps(w.zoe.heard[before:]), 'nothing of it reaches the other team')
    return canvas


def typing(w, canvas):
    note = new_id()
    w.must(w.ama, canvas, 'note.add', {'id': note, 'box': 'propositions', 'text': 'Never turn away'})
    # Both at once, on the same revision.
    a = w.send(w.ama, canvas, 'note.text', {'id': note, 'rev': 0, 'edit': [6, 'ever ']})
    b = w.send(w.ben, canvas, 'note.text', {'id': note, 'rev': 0, 'edit': [11, {'d': 4}, 'anybody away']})
    first, second = w.answer(w.ama, canvas, a), w.answer(w.ben, canvas, b)
    report({first['result']['rev'], second['result']['rev']} == {1, 2}, 'two at once are two revisions', f'{first} {second}')
    for p in (w.ama, w.ben, w.olu):
        p.reach(canvas, max(first['at'], second['at']))
    same('and everybody has the same words', (w.ama, w.ben, w.olu), canvas, lambda p: p.docs[canvas][note]['text'])
    report(w.ama.docs[canvas][note]['text'] == 'Never ever turn anybody away', 'those of both', w.ama.docs[canvas][note]['text'])
    # Exactly once.
    id = new_id()
    once = w.must(w.ama, canvas, 'note.text', {'id': note, 'rev': 2, 'edit': ['¡']}, id)
    again = w.must(w.ama, canvas, 'note.text', {'id': note, 'rev': 2, 'edit': ['¡']}, id)
    report(once['result'] == again['result'] and w.ama.docs[canvas][note]['text'].count('¡') == 1, 'an edit sent again is done once')
    for name, rev, edit, code, say in (
        ('beyond the end', 3, [500, 'x'], 'bad_value', 'edit.bad'), ('deleting beyond the end', 3, [{'d': 500}], 'bad_value', 'edit.bad'), ('a revision to come', 4, ['x'], 'bad_value', 'rev.future'),
        ('a negative skip', 3, [-1, 'x'], 'bad_value', 'edit.bad'), ('an empty insertion', 3, [''], 'bad_value', 'edit.bad'), ('two skips', 3, [1, 1, 'x'], 'bad_value', 'edit.bad'), ('a trailing skip', 3, ['x', 3], 'bad_value', 'edit.bad'),
        ('a fraction', 3, [1.5, 'x'], 'bad_json', None), ('a remembered deletion', 3, [{'d': 'N'}], 'bad_value', 'edit.bad'), ('an unknown component', 3, [{'i': 'x'}], 'bad_value', 'edit.bad'), ('a control character', 3, ['\x07'], 'bad_value', 'edit.bad'),
        ('a carriage return', 3, ['a\r\nb'], 'bad_value', 'edit.bad'), ('past the limit', 3, ['x' * 5000], 'quota', 'note.long')):
        if code == 'bad_json':
            w.ama.say(t='do', id=new_id(), doc=canvas, cmd='note.text', args={'id': note, 'rev': rev, 'edit': edit})
            report(w.ama.wait(lambda m: m['t'] == 'no')['code'] == code, f'an edit with {name} is refused')
        else:
            w.refuses(f'an edit with {name} is refused', w.ama, canvas, 'note.text', {'id': note, 'rev': rev, 'edit': edit}, code, say)
    w.refuses('a note that is not there', w.ama, canvas, 'note.text', {'id': new_id(), 'rev': 0, 'edit': ['x']}, 'not_found')
    # Emoji are one code point each, also outside the basic plane.
    emoji = new_id()
    w.must(w.ama, canvas, 'note.add', {'id': emoji, 'box': 'propositions', 'text': '😀😀'})
    w.must(w.ben, canvas, 'note.text', {'id': emoji, 'rev': 0, 'edit': [1, 'é中']})
    w.ama.wait(lambda m: w.ama.docs[canvas][emoji].get('rev') == 1)
    report(w.ama.docs[canvas][emoji]['text'] == '😀é中😀', 'positions are code points')
    big = new_id()
    w.must(w.ama, canvas, 'note.add', {'id': big, 'box': 'costs', 'text': 'x' * 5000})
    w.refuses('a note of one more is refused', w.ama, canvas, 'note.add', {'id': new_id(), 'box': 'costs', 'text': 'x' * 5001}, 'bad_value', 'bad_value.long')
    return note


def coming_back(w, canvas, note):
    """Ama types, her connection dies before the answer, Ben types on; she comes back with what she knew."""
    rev = w.ama.docs[canvas][note]['rev']
    before = w.ama.docs[canvas][note]['text']
    id = w.send(w.ama, canvas, 'note.text', {'id': note, 'rev': rev, 'edit': ['Ama: ']})
    w.olu.wait(lambda m: w.olu.docs[canvas][note].get('rev') == rev + 1)
    w.ama.close()
    w.must(w.ben, canvas, 'note.text', {'id': note, 'rev': rev, 'edit': ['Ben: ']})
    back = Person(w, 'Ama', w.ama.secret)
    back.open(canvas, texts=[{'id': note, 'rev': rev, 'cmd': id}])
    caught = [m for m in back.heard if m['t'] == 'texts']
    report(len(caught) == 1 and caught[0]['own'] == rev + 1 and len(caught[0]['edits']) == 2, 'who comes back is told the edits since, and which was theirs', f'{caught}')
    order = [m['t'] for m in back.heard if m.get('doc') == canvas]
    report(order.index('texts') < order.index('snapshot') if 'snapshot' in order else True, 'before anything else of the document', f'{order}')
    value = before
    for edit in caught[0]['edits']:
        value = apply_edit(value, edit)
    report(value == back.docs[canvas][note]['text'] and 'Ama: ' in value and 'Ben: ' in value, 'and arrives at the same words', f'{value!r} {back.docs[canvas][note]["text"]!r}')
    answer = w.must(back, canvas, 'note.text', {'id': note, 'rev': rev, 'edit': ['Ama: ']}, id)
    report(answer['result']['rev'] == rev + 1 and back.docs[canvas][note]['text'].count('Ama: ') == 1, 'the resend is answered as the first time')
    back.open(canvas, texts=[{'id': new_id(), 'rev': 0}])
    report(any(m['t'] == 'texts' and m.get('lost') for m in back.heard), 'words of a note that is not there are lost, and told so')
    for name, texts, code in (('no array', {}, 'bad_type'), ('no revision', [{'id': note}], 'bad_shape'), ('an unknown key', [{'id': note, 'rev': 1, 'x': 1}], 'bad_shape'), ('a negative revision', [{'id': note, 'rev': -1}], 'bad_value'), ('no id', [{'id': 'x', 'rev': 1}], 'bad_value'),
                              ('too many', [{'id': note, 'rev': 1}] * 101, 'bad_value')):
        one = Person(w, 'Ama', w.ama.secret)
        one.say(t='open', doc=canvas, texts=texts)
        report(one.wait(lambda m: m['t'] == 'no')['code'] == code, f'texts with {name}: {code}')
        one.close()
    w.ama = back


def presence(w, canvas, note):
    w.ama.say(t='here', doc=canvas, box='propositions', note=note, caret=[1, 4], rev=3)
    seen = w.ben.presence(canvas, lambda m: any(h['who'] == w.ama.me and h.get('note') == note for h in m['here']))
    place = next(h for h in seen['here'] if h['who'] == w.ama.me)
    report(place == {'who': w.ama.me, 'box': 'propositions', 'note': note, 'caret': [1, 4], 'rev': 3}, 'where somebody is, to the letter', f'{place}')
    w.olu.presence('class', lambda m: any(h['who'] == w.ama.me and h.get('in') == canvas for h in m.get('here', [])))
    report(True, 'the class knows in which document')
    other = Person(w, 'Ben', w.ben.secret)
    other.open(canvas)
    whole = next((m for m in other.heard if m['t'] == 'presence' and m['doc'] == canvas), None) or other.presence(canvas, lambda m: True)
    report(whole['whole'] and any(h['who'] == w.ama.me for h in whole['here']), 'who opens it is told everybody', f'{whole}')
    other.close()
    w.ama.say(t='here', doc='class')
    w.ben.presence(canvas, lambda m: w.ama.me in m['gone'])
    report(True, 'and that somebody has left')
    for name, message, code in (('an unknown key', {'x': 1}, 'bad_shape'), ('a box that is none', {'box': 'No Box'}, 'bad_value'), ('a caret without a note', {'caret': [1, 2], 'rev': 1}, 'bad_shape'), ('a caret of one', {'note': note, 'caret': [1], 'rev': 1}, 'bad_type'),
                                ('a negative caret', {'note': note, 'caret': [-1, 2], 'rev': 1}, 'bad_value'), ('a note that is a number', {'note': 4}, 'bad_type')):
        one = Person(w, 'Ben', w.ben.secret)
        one.open(canvas)
        one.say(t='here', doc=canvas, **message)
        report(one.wait(lambda m: m['t'] == 'no')['code'] == code, f'here with {name}: {code}')
        one.close()


def undoing(w, canvas):
    note = new_id()
    w.must(w.ama, canvas, 'note.add', {'id': note, 'box': 'costs', 'text': 'rent'})
    w.must(w.ama, canvas, 'note.text', {'id': note, 'rev': 0, 'edit': [4, ' of the hall']})
    w.must(w.ben, canvas, 'note.text', {'id': note, 'rev': 1, 'edit': ['the ']})
    did = w.must(w.ama, canvas, 'undo', {})
    report(did['result'] == {'did': 'note.text'} and w.ama.docs[canvas][note]['text'] == 'the rent', 'undo takes back what one typed and nothing else', f"{did} {w.ama.docs[canvas][note]}")
    w.must(w.ama, canvas, 'redo', {})
    report(w.ama.docs[canvas][note]['text'] == 'the rent of the hall', 'redo brings it back')
    w.must(w.olu, canvas, 'note.move', {'ids': [note], 'box': 'revenue'})
    w.must(w.olu, canvas, 'undo', {})
    report(w.olu.docs[canvas][note]['box'] == 'costs', 'a move is undone')
    w.must(w.ben, canvas, 'undo', {})
    w.refuses('nothing to undo', w.zoe, w.wall, 'undo', {}, 'conflict', 'undo.nothing')
    # Over a new connection.
    back = Person(w, 'Ama', w.ama.secret)
    back.open(canvas)
    w.must(back, canvas, 'undo', {})
    report(back.docs[canvas][note]['text'] == 'rent', 'undo goes on after a reconnect', back.docs[canvas][note]['text'])
    back.close()


def past(w, canvas):
    w.olu.say(t='ping')
    w.olu.wait(lambda m: m['t'] == 'pong')
    before, then = {id: dict(o) for id, o in w.olu.docs[canvas].items()}, w.olu.at[canvas]
    live = [id for id, o in before.items() if o['kind'] == 'note']
    w.must(w.olu, canvas, 'note.delete', {'ids': live[:2]})
    w.must(w.olu, canvas, 'note.add', {'id': new_id(), 'box': 'channels', 'text': 'made since'})
    moments = [m for part in w.olu.ask('history', doc=canvas) for m in part['moments']]
    report(moments and moments[-1]['cmd'] == 'note.add' and moments[-1]['who'] == w.olu.me and moments[-1]['at'] == w.olu.at[canvas], 'the last moment is the last thing done', f'{moments[-2:]}')
    ats = [m['at'] for m in moments]
    report(ats == sorted(ats) and len(set(ats)) == len(ats), 'moments are in order')
    parts = w.olu.ask('moment', doc=canvas, at=then)
    objects = {o['id']: {'kind': o['kind'], **o['fields']} for part in parts for o in part['objects']}
    clean = lambda objects: {id: {k: v for k, v in o.items() if v not in ('', 0, False, None)} for id, o in objects.items()}
    report(clean(objects) == clean(before), 'a moment is the document as it was then')
    unknown = w.olu.ask('moment', doc=canvas, at=10 ** 9)[0]
    report(unknown['t'] == 'no' and unknown['say'] == 'moment.unknown', 'a moment to come is refused', f'{unknown}')
    w.must(w.olu, canvas, 'restore', {'at': then})
    content = lambda objects: {id: {k: v for k, v in o.items() if k not in ('rev',) and v not in ('', 0, False, None)} for id, o in objects.items()}
    report(content(w.olu.docs[canvas]) == content(before), 'restore brings all of it back')
    w.must(w.olu, canvas, 'undo', {})
    report(any(o.get('text') == 'made since' for o in w.olu.docs[canvas].values()) and live[0] not in w.olu.docs[canvas], 'and is itself undone')


def files(w, canvas):
    for format in ('json', 'svg', 'md', 'csv'):
        parts = w.olu.ask('export', doc=canvas, format=format)
        whole = ''.join(p.get('text', '') for p in parts)
        report(parts[-1]['t'] == 'file' and 'pharmacies' in whole, f'the canvas as {format}', whole[:300])
        parts = w.olu.ask('export', doc=w.wall, format=format)
        report(parts[-1]['t'] == 'file', f'the wall as {format}', f'{parts[0]}'[:300])
    for name, args, code in (('an unknown format', {'doc': canvas, 'format': 'pdf'}, 'bad_value'), ('the class', {'doc': 'class', 'format': 'json'}, 'bad_value')):
        report(w.olu.ask('export', **args)[0].get('code') == code, f'export of {name}: {code}')
    w.zoe.say(t='export', id=new_id(), doc=canvas, format='json')
    report(w.zoe.wait(lambda m: m['t'] == 'no')['code'] == 'not_found', "another team's canvas is exported by nobody else")


def promotion(w, canvas):
    post = new_id()
    w.must(w.zoe, w.wall, 'post.add', {'id': post, 'for': 'pharmacies', 'who': 'run out of stock', 'offer': 'a supply service', 'helps': 'spend less'})
    made = w.must(w.ama, canvas, 'canvas.promote', {'wall': w.wall, 'post': post})['result']['notes']
    notes = [w.ama.docs[canvas][id] for id in made]
    report([n['text'] for n in notes] == ['pharmacies', 'run out of stock', 'a supply service', 'spend less'] and all(n['author'] == w.zoe.me and n['post'] == post for n in notes), 'a post becomes four notes of its author', f'{notes}')
    links = [o for o in w.ama.docs[canvas].values() if o['kind'] == 'link' and o['from'] in made and o['to'] in made]
    report(len(links) == 3, 'that are linked', f'{links}')


def survival(w, canvas):
    """kill -9: everything is there again, undo included."""
    w.olu.say(t='ping')
    w.olu.wait(lambda m: m['t'] == 'pong')
    before = w.olu.docs[canvas]
    note = next(id for id, o in before.items() if o['kind'] == 'note')
    w.must(w.olu, canvas, 'note.set', {'ids': [note], 'type': 3})
    data = w.server.data
    w.server.process.kill()
    w.server.process.wait()
    w.server = Server(w.server.process.args[0], data=data)
    olu = Person(w, 'olu')
    olu.open(canvas)
    report(olu.docs[canvas] == before, 'after kill -9 the canvas is what it was')
    w.must(olu, canvas, 'undo', {})
    report(not olu.docs[canvas][note].get('type'), 'and the last step can still be undone')


def main():
    w = World(sys.argv[1])
    try:
        canvas = rights(w)
        note = typing(w, canvas)
        coming_back(w, canvas, note)
        presence(w, canvas, note)
        undoing(w, canvas)
        promotion(w, canvas)
        past(w, canvas)
        files(w, canvas)
        survival(w, canvas)
    finally:
        w.server.clean()
    sys.exit(1 if harness.failures else 0)


if __name__ == '__main__':
    main()
