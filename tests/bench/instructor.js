/* The instructor of the bench's classes, as far as it takes to set them up for typing together: a ticket, a socket, teams
 * that everybody joins by themselves, and a canvas for each. Speaks forwhom.1 (proto/README.md) over a bare socket, since node 20 has no WebSocket. */
'use strict';

const crypto = require('node:crypto');
const net = require('node:net');

const newId = () => crypto.randomBytes(16).toString('base64url');

/* A text frame; the mask is zero. */
function frame(text) {
    const payload = Buffer.from(text);
    const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255];
    return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

/* The first frame in `bytes`: { text, size }, or null when it is not complete. */
function firstFrame(bytes) {
    if (bytes.length < 2) return null;
    let size = bytes[1] & 127, head = 2;
    if (size === 126) [size, head] = bytes.length < 4 ? [Infinity, 4] : [bytes.readUInt16BE(2), 4];
    else if (size === 127) [size, head] = bytes.length < 10 ? [Infinity, 10] : [Number(bytes.readBigUInt64BE(2)), 10];
    return bytes.length < head + size ? null : { text: bytes.toString('utf8', head, head + size), isText: (bytes[0] & 15) === 1, size: head + size };
}

class Instructor {
    static async enter(port, code, ticket) {
        const instructor = new Instructor(port);
        await instructor.heard((m) => m === 'open');
        instructor.say({ t: 'hello', v: 1, class: code, ticket });
        await instructor.heard((m) => m.t === 'welcome');
        return instructor;
    }

    constructor(port) {
        let bytes = Buffer.alloc(0), isOpen = false;
        this.messages = [];
        this.waiters = [];
        this.socket = net.connect(port, '127.0.0.1', () => this.socket.write([
            'GET /ws HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: forwhom.1', '', ''].join('\r\n')));
        this.socket.on('data', (more) => {
            bytes = Buffer.concat([bytes, more]);
            const end = isOpen ? -1 : bytes.indexOf('\r\n\r\n');
            if (end >= 0) {
                isOpen = true;
                bytes = bytes.subarray(end + 4);
                this.take('open');
            }
            for (let one; isOpen && (one = firstFrame(bytes)); bytes = bytes.subarray(one.size)) if (one.isText) this.take(JSON.parse(one.text));
        });
        const fail = (why) => this.waiters.splice(0).forEach((waiter) => waiter.reject(why));
        this.socket.on('error', fail).on('close', () => fail(new Error('the instructor was hung up on')));
    }

    take(message) {
        const waiter = this.waiters.findIndex(({ good }) => good(message));
        if (waiter >= 0) this.waiters.splice(waiter, 1)[0].resolve(message);
    }

    heard(good) {
        return new Promise((resolve, reject) => this.waiters.push({ good, resolve, reject }));
    }

    say(message) {
        this.socket.write(frame(JSON.stringify(message)));
    }

    async must(cmd, args) {
        const id = newId(), answer = this.heard((m) => m.id === id);
        this.say({ t: 'do', id, doc: 'class', cmd, args });
        const got = await answer;
        if (got.t !== 'ok') throw new Error(`${cmd}: ${JSON.stringify(got)}`);
        return got.result;
    }

    leave() {
        this.socket.removeAllListeners('close').destroy();
    }
}

/* `count` teams in the class `code`, each with a canvas; returns what the generator wants to know of each. */
async function makeTeams(port, code, ticket, count) {
    const instructor = await Instructor.enter(port, code, ticket), teams = Array.from({ length: count }, newId);
    await instructor.must('class.set', { teams: 'self' });
    for (const [t, id] of teams.entries()) await instructor.must('team.add', { id, name: `Team ${t + 1}` });
    const { documents } = await instructor.must('canvas.add', { id: newId(), template: 'bmc', each: true });
    instructor.leave();
    return teams.map((team, t) => `${code}/${team}/${documents[t]}`);
}

module.exports = { makeTeams };
