/* ShareDB as its documentation sets it up, for the bench, in memory and without a database: tests/bench/peers/sharedb.js NODE_MODULES
 *
 * Prints "port N"; answers the line "letters" with how many letters the newest text of each room has. */
'use strict';

const { createRequire } = require('node:module');
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');

const from = createRequire(path.join(process.argv[2], 'x.js'));
const ShareDB = from('sharedb');
const { WebSocketServer } = from('ws');
const JsonStream = from('@teamwork/websocket-json-stream');
ShareDB.types.register(from('ot-text-unicode').type);
const linesChars = 15; /* what the generator begins every text with */

const backend = new ShareDB();
const server = http.createServer();
new WebSocketServer({ server }).on('connection', (socket) => backend.listen(new JsonStream(socket)));

function letters() {
    const newest = new Map(); /* room → [generation, letters] */
    for (const [id, doc] of Object.entries(backend.db.docs.notes ?? {})) {
        const [room, generation] = id.split('-');
        if (!(newest.get(room)?.[0] >= Number(generation))) newest.set(room, [Number(generation), doc.data.length - linesChars]);
    }
    return [...newest.values()].reduce((sum, [, length]) => sum + length, 0);
}

server.listen(0, '127.0.0.1', () => {
    console.log(`port ${server.address().port}`);
    readline.createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ letters: letters() })));
});
