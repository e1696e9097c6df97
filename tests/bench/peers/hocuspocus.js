/* Hocuspocus as its documentation sets it up, for the bench: tests/bench/peers/hocuspocus.js memory|files FOLDER NODE_MODULES
 *
 *   memory   keeps documents in memory only
 *   files    and writes each whole one to a file, by its own extension and with its own delays (2 s after the last change, 10 s at most)
 *
 * Prints "port N"; answers the line "letters" with how many letters the newest text of each document has. */
'use strict';

const { createRequire } = require('node:module');
const fs = require('node:fs/promises');
const path = require('node:path');
const readline = require('node:readline');

const [, , mode, folder, modules] = process.argv;
const from = createRequire(path.join(modules, 'x.js'));
const { Server } = from('@hocuspocus/server');
const { Database } = from('@hocuspocus/extension-database');
const linesChars = 15; /* what the generator begins every text with */

const file = (name) => path.join(folder, `${name}.bin`);
const database = new Database({
    fetch: ({ documentName }) => fs.readFile(file(documentName)).catch(() => null),
    store: ({ documentName, state }) => fs.writeFile(file(documentName), state),
});

const server = new Server({ address: '127.0.0.1', port: 0, quiet: true, extensions: mode === 'files' ? [database] : [] });

function letters() {
    let sum = 0;
    for (const doc of server.hocuspocus.documents.values()) {
        const newest = Math.max(...[...doc.share.keys()].map((key) => Number(key.slice(1))));
        sum += doc.getText(`n${newest}`).length - linesChars;
    }
    return sum;
}

server.listen().then(() => {
    console.log(`port ${server.address.port}`);
    readline.createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ letters: letters() })));
});
