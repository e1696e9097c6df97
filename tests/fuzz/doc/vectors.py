#!/usr/bin/env python3
"""Writes proto/vectors/doc.json, which C and TypeScript both must pass:

    tests/fuzz/doc/vectors.py > proto/vectors/doc.json

A third reading of proto/README.md section 4, by none of the code that it tests: what the four ops make of a document, and its digest.
The chosen cases come first, random ones behind them. Review the difference before keeping it.
"""
import json
import os
import random

SEED = 4
RANDOM_CASES = 150
IDS = ['wall', 'class', 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAA.r', 'x-_9x-_9x-_9x-_9x-_9xw']
A, B, C = 'AAAAAAAAAAAAAAAAAAAAAA', 'BAAAAAAAAAAAAAAAAAAAAA', 'CAAAAAAAAAAAAAAAAAAAAA'
INT_MAX = 2**53 - 1
FAMILY = '👩‍👩‍👧‍👦'

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, '../../../proto/kinds.json'), encoding='utf-8') as file:
    KINDS = {name: kind['fields'] for name, kind in json.load(file)['kinds'].items()}


# ---- the digest


def murmur3(data, seed):
    """MurmurHash3_x86_32 by Austin Appleby (public domain)."""
    mask = 0xFFFFFFFF

    def mix(k):
        k = k * 0xCC9E2D51 & mask
        return (k << 15 | k >> 17) * 0x1B873593 & mask

    h = seed
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        h ^= mix(int.from_bytes(data[i:i + 4], 'little'))
        h = ((h << 13 | h >> 19) & mask) * 5 + 0xE6546B64 & mask
    h ^= mix(int.from_bytes(data[whole:], 'little')) ^ len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & mask
    h = (h ^ h >> 13) * 0xC2B2AE35 & mask
    return h ^ h >> 16


def tagged(value):
    if isinstance(value, bool):
        return 'b1'
    return f'i{value}' if isinstance(value, int) else 's' + value


def digest(objects):
    lanes = [0, 0]
    for id, (kind, fields) in objects.items():
        for key, value in [('', kind), *fields.items()]:
            data = f'{id}\x1f{key}\x1f{tagged(value)}'.encode()
            for lane, seed in enumerate((0x9747B28C, 0x3C6EF372)):
                lanes[lane] = (lanes[lane] + murmur3(data, seed)) % 2**32
    return '%08x%08x' % tuple(lanes)


# ---- the ops


def known(kind, fields):
    """The fields that the kind has and that are not zero."""
    return {key: value for key, value in fields.items() if key in KINDS[kind] and value}


def edited(text, edit):
    """Python's strings are sequences of code points, as edits are. None if the edit does not fit."""
    out, at = '', 0
    for part in edit:
        if isinstance(part, str):
            out += part
        elif isinstance(part, int):
            out += text[at:at + part]
            at += part
        else:
            at += part['d'] if isinstance(part['d'], int) else len(part['d'])
    return out + text[at:] if at <= len(text) else None


def apply(objects, op):
    """Changes {id: (kind, fields)}; what is not known changes nothing."""
    id = op['id']
    if op['op'] == 'put' and op['kind'] in KINDS:
        objects[id] = (op['kind'], known(op['kind'], op['fields']))
    if id not in objects:
        return
    kind, fields = objects[id]
    if op['op'] == 'set':
        objects[id] = (kind, known(kind, {**fields, **op['fields']}))
    elif op['op'] == 'text' and 'rev' in KINDS[kind].get(op['field'], {}):
        text = edited(fields.get(op['field'], ''), op['edit'])
        if text is not None:
            objects[id] = (kind, known(kind, {**fields, op['field']: text, KINDS[kind][op['field']]['rev']: op['rev']}))
    elif op['op'] == 'del':
        del objects[id]


def written(objects):
    """Objects by id, their fields in the order of kinds.json: one form for one document."""
    return [{'id': id, 'kind': kind, 'fields': {key: fields[key] for key in KINDS[kind] if key in fields}}
            for id, (kind, fields) in sorted(objects.items())]


def case(about, start, ops):
    objects = {}
    for object in start:
        apply(objects, {'op': 'put', **object})
    steps = [{'objects': written(objects), 'sum': digest(objects)}]
    for op in ops:
        apply(objects, op)
        steps.append({'op': op, 'objects': written(objects), 'sum': digest(objects)})
    return {'about': about, 'start': start, 'steps': steps}


# ---- chosen cases


def thing(id, kind, **fields):
    return {'id': id, 'kind': kind, 'fields': {key.rstrip('_'): value for key, value in fields.items()}}


def put(id, kind, **fields):
    return {'op': 'put', **thing(id, kind, **fields)}


def set_(id, **fields):
    return {'op': 'set', 'id': id, 'fields': {key.rstrip('_'): value for key, value in fields.items()}}


def text(id, field, rev, *edit):
    return {'op': 'text', 'id': id, 'field': field, 'rev': rev, 'edit': list(edit)}


def delete(id):
    return {'op': 'del', 'id': id}


def chosen():
    post = thing(A, 'post', for_='nurses', state='shown', version=1)
    wall = thing('wall', 'wall', prompt='What?', hold=True, names='named')

    yield case('nothing at all', [], [])
    yield case('an object without fields is there', [], [put(A, 'post'), delete(A)])
    yield case('put makes, replaces as a whole, and leaves the others alone', [wall],
               [put(A, 'post', for_='nurses', version=1), put(A, 'post', who='wait'), put(B, 'post', for_='x')])
    yield case('put of another kind', [post], [put(A, 'section', title='Cities', pos='a0')])
    yield case('put of the same again', [post], [put(A, 'post', for_='nurses', state='shown', version=1)])
    yield case('set changes, adds, and null takes away', [post],
               [set_(A, for_='night nurses'), set_(A, who='wait', version=2), set_(A, for_=None, who=None), set_(A, version=None), set_(A)])
    yield case('null for what was not there', [post], [set_(A, reason=None)])
    yield case('zero is the same as absent', [wall, post],
               [set_('wall', hold=False), set_('wall', prompt=''), set_(A, version=0), put(B, 'post', for_='', version=0, at=0)])
    yield case('set of the same value', [post], [set_(A, for_='nurses')])
    yield case('del, and again, and anew', [post], [delete(A), delete(A), put(A, 'post', for_='other')])
    yield case('ops on what is not there', [post],
               [set_(B, for_='x'), delete(B), text(B, 'for', 1, 'x'), set_('nobody', hold=True)])
    yield case('unknown kinds are passed over, with whatever happens to them', [post],
               [put(C, 'canvas', title='Lean', columns=3), set_(C, title='Value'), text(C, 'title', 2, 'x'), delete(C)])
    yield case('unknown fields are passed over', [post],
               [put(B, 'post', for_='x', colour='red', votes=3, pinned=True), set_(A, colour='blue', for_='nurse'), set_(A, colour=None),
                set_(A, title='posts have none'), text(A, 'colour', 2, 'x')])
    yield case('unknown ops are passed over', [post],
               [{'op': 'move', 'id': A, 'to': 'a0'}, {'op': 'Put', **thing(A, 'post')}, {'op': '', 'id': A}, {'op': 'sets', 'id': A, 'fields': {'for': 'x'}}])
    yield case('ids of one, and of what hangs on it', [thing(A, 'post', for_='x'), thing(A + '.r', 'revision', post=A, for_='y')],
               [set_(A + '.r', for_='z'), delete(A), set_(A + '.r', state='rejected', reason='why'), delete(A + '.r')])
    yield case('the two fixed ids', [thing('class', 'class', title='T', code='KXR4HTM'), wall], [set_('class', frozen=True, door='open'), set_('wall', hold=False), set_('class', frozen=False)])

    for value in (1, -1, 9, 10, 2**31 - 1, 2**31, -2**31, 2**32, 2**53 - 1, -(2**53 - 1), 1790000000000):
        yield case(f'the number {value}', [post], [set_(A, version=value), put(B, 'member', at=value), set_(A, version=0)])
    words = ['a', ' ', '0', 'null', 'é', 'e\u0301', '日本語', '🙂', FAMILY, '\U0010ffff', '\U00010000', '\uffff', '\u2028\u2029', '\x7f', '"', '\\', '\\u0041', '</script>', '𝄞clef', 'مرحبا', '\ufeffx', '\u202ex', 'a' * 3, 'a' * 4, 'a' * 5, 'ß' * 17]
    for word in words:
        yield case(f'the words {word}', [post], [set_(A, for_=word), put(B, 'section', title=word), set_(A, who=word, for_=None)])

    def typing(before, *edits):
        return case(f'typing in {before!r}', [thing(A, 'note', text=before, rev=1)], [text(A, 'text', rev + 2, *edit) for rev, edit in enumerate(edits)])

    yield typing('', ['a'], [1, 'b'], ['c'], [1, 'x', 1, 'y'])
    yield typing('nurses', [], [6, '!'], ['Night ', {'d': 1}, 'N'], [{'d': 13}])
    yield typing('nurses', [3, {'d': 3}], [{'d': 'nur'}], ['new'])
    yield typing('abc', [1, {'d': 'b'}, 'B'], [1, 'x', {'d': 1}], [{'d': 1}, 1, {'d': 1}])
    yield typing('🙂', [1, '!'], ['🚲'], [1, {'d': 1}, '🛠️'])
    yield typing(f'a{FAMILY}b', [1, {'d': 2}], [1, {'d': FAMILY[2:]}, '-'])
    yield typing('𝄞𝄞𝄞', [1, 'x', 1, {'d': 1}], [2, '𝄞'], [{'d': '𝄞'}])
    yield typing('e\u0301', [1, 'x'], [{'d': 1}])
    yield typing('\U0010ffff\U00010000', [1, '\ud7ff\ue000'], [3, {'d': 1}])
    yield typing('日本語', [1, {'d': 1}, 'x'], [3, '\u2028'])
    yield typing('one', [3, '"\\'], [4, {'d': '\\'}])
    yield case('typing where nothing was, and until nothing is', [thing(A, 'note')], [text(A, 'text', 1, '🙂'), text(A, 'text', 2, {'d': 1}), text(A, 'text', 3, 'x')])
    note = thing(A, 'note', text='nurses', rev=1, box='jobs')
    yield case('typing beside other changes', [note, wall],
               [text(A, 'text', 2, 'Night '), set_(A, box='pains'), text(A, 'text', 3, 12, '!'), set_(A, text=None), text(A, 'text', 4, 'x'), put(A, 'note', text='y'), text(A, 'text', 5, 1, 'z'), delete(A), text(A, 'text', 6, 'gone')])
    yield case('an edit that does not fit changes nothing, the revision neither', [note], [text(A, 'text', 2, 7, 'x'), text(A, 'text', 2, {'d': 7}), text(A, 'text', 2, 5, {'d': 2}), text(A, 'text', 2, 6, 'x')])
    yield case('nobody types where there is no revision', [thing('class', 'class', title='ab'), thing(A, 'member', name='ab'), thing(B, 'section', title='ab'), thing(A + '.r', 'revision', offer='ab'), wall],
               [text('class', 'title', 1, 1, '🙂'), text(A, 'name', 1, {'d': 1}), text(B, 'title', 1, 2, 'c'), text(A + '.r', 'offer', 1, {'d': 'ab'}, 'x'), text('wall', 'prompt', 2, 'Now ')])


# ---- random cases

CHARACTERS = ['a', 'b', ' ', 'é', '\u0301', '日', '"', '\\', '\u2028', '\u200d', '🙂', '𝄞', '\U0010ffff', '\ufe0f', '👩']


def some_words(rng, most=6):
    return ''.join(rng.choice(CHARACTERS) for _ in range(rng.randint(0, most)))


def some_value(rng, spec):
    if spec['type'] == 'int':
        return rng.choice([0, 1, 7, rng.randint(-INT_MAX, INT_MAX)])
    if spec['type'] == 'bool':
        return rng.random() < 0.5
    if 'values' in spec:
        return rng.choice(spec['values'])
    return some_words(rng)


def some_fields(rng, kind, may_clear):
    keys = [key for key in KINDS[kind] if rng.random() < 0.3]
    fields = {key: None if may_clear and rng.random() < 0.25 else some_value(rng, KINDS[kind][key]) for key in keys}
    if rng.random() < 0.1:
        fields['unheard'] = rng.choice(['x', 1, True])
    return fields


def some_edit(rng, length):
    """Tidy, as the format demands: no two neighbours alike, and no skip at the end."""
    edit, last, left = [], None, length
    for _ in range(rng.randint(0, 5)):
        part = rng.choice([p for p in ('skip', 'insert', 'delete') if p != last and (left or p == 'insert')] or [None])
        if part is None:
            break
        last = part
        if part == 'insert':
            edit.append(some_words(rng, 3) or 'x')
            continue
        count = rng.randint(1, left)
        left -= count
        edit.append(count if part == 'skip' else {'d': count})
    if last == 'skip':
        edit.pop()
    return edit


def some_op(rng, objects):
    id = rng.choice(IDS[:4])
    kind, fields = objects.get(id, (rng.choice(list(KINDS)), {}))
    roll = rng.random()
    if roll < 0.12:
        return delete(id)
    if roll < 0.35 or id not in objects and roll < 0.9:
        kind = rng.choice(list(KINDS)) if rng.random() < 0.2 else kind
        return {'op': 'put', 'id': id, 'kind': kind, 'fields': some_fields(rng, kind, False)}
    if roll < 0.65:
        return {'op': 'set', 'id': id, 'fields': some_fields(rng, kind, True)}
    typed = [key for key, spec in KINDS[kind].items() if 'rev' in spec]
    if not typed:
        return delete(id)
    key = rng.choice(typed)
    return text(id, key, rng.randint(1, 9), *some_edit(rng, len(fields.get(key, ''))))


def random_case(rng, number):
    objects, ops = {}, []
    start = []
    for id in rng.sample(IDS, rng.randint(0, 3)):
        kind = rng.choice(list(KINDS))
        start.append({'id': id, 'kind': kind, 'fields': some_fields(rng, kind, False)})
        apply(objects, {'op': 'put', **start[-1]})
    for _ in range(rng.randint(1, 6)):
        ops.append(some_op(rng, objects))
        apply(objects, ops[-1])
    return case(f'random {number}', start, ops)


def main():
    rng = random.Random(SEED)
    cases = [*chosen(), *(random_case(rng, n) for n in range(RANDOM_CASES))]
    about = ('Documents: the objects to start from, then ops as on the wire; after each, all objects (by id, known kinds and fields only, '
             'fields in the order of kinds.json, none of them zero) and their digest. The first step is the start. Made by tests/fuzz/doc/vectors.py.')
    lines = ',\n'.join(json.dumps(c, ensure_ascii=True, separators=(',', ':')) for c in cases)
    print(f'{{"about":{json.dumps(about)},\n"cases":[\n{lines}\n]}}')


main()
