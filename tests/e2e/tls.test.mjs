/* The terminal client over an encrypted line: whom it trusts, and whom not. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { check, same, test } from './lib/harness.mjs'
import { Server } from './lib/server.mjs'
import { command, Terminal } from './lib/terminal.mjs'

/** A key and a certificate for localhost that nobody but itself vouches for, made anew for each run. */
function selfSigned(folder) {
	const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`]
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
		'-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'pipe' })
	return { key: readFileSync(key), cert: readFileSync(cert) }
}

/** What a proxy in front of the server does: takes TLS off and passes the bytes on. Returns its port. */
async function encrypt(bag, server, { key, cert }) {
	const sockets = new Set()
	const front = tls.createServer({ key, cert }, (outer) => {
		const inner = net.connect(server.port, '127.0.0.1')
		for (const socket of [outer, inner]) {
			sockets.add(socket)
			socket.on('error', () => {})
			socket.on('close', () => (outer.destroy(), inner.destroy()))
		}
		outer.pipe(inner).pipe(outer)
	})
	front.on('tlsClientError', () => {})
	front.listen(0, '127.0.0.1')
	await once(front, 'listening')
	bag.keep(front, () => {
		for (const socket of sockets) socket.destroy()
		front.close()
	})
	return front.address().port
}

test('a certificate that nobody vouches for is refused with a reason; named with --cafile it is trusted', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const folder = bag.folder()
	const signed = selfSigned(folder)
	const cafile = `${folder}/cert.pem`
	const port = await encrypt(bag, server, signed)
	const link = (host) => `https://${host}:${port}/#/${code}`

	const refused = await command(bag.folder(), ['join', link('localhost'), '--name', 'Ama'])
	same(refused.code, 3, 'not connected')
	check(/certificate was not accepted \(self.signed certificate\)/.test(refused.stderr), 'and why', refused.stderr)
	const home = bag.folder()
	const joined = await command(home, ['join', link('localhost'), '--name', 'Ama', '--cafile', cafile, '--json'])
	same(joined.code, 0, `joined (${joined.stderr})`)
	const posted = await command(home, ['post', code, '--for', 'night owls', '--json', '--cafile', cafile])
	same(JSON.parse(posted.stdout).state, 'shown', 'posted')

	const elsewhere = await command(bag.folder(), ['join', link('127.0.0.1'), '--name', 'Kofi', '--cafile', cafile])
	same(elsewhere.code, 3, 'a certificate for another name')
	check(/certificate was not accepted/.test(elsewhere.stderr), 'says so', elsewhere.stderr)
	const nothing = `${folder}/nothing.pem`
	writeFileSync(nothing, 'no certificate\n')
	same((await command(home, ['ls', code, '--cafile', nothing])).code, 2, 'a file without a certificate is bad usage')

	const terminal = await Terminal.open(bag, { home, args: [link('localhost')] })
	await terminal.sees('its certificate was not accepted')
	await terminal.again([link('localhost'), '--cafile', cafile])
	await terminal.sees('night owls')
	await terminal.sees('All saved')
})
