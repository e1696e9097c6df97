#!/usr/bin/env node
/*
 * Turns the built page into two source files that the server links in:
 *
 *     node web/embed.mjs BUILT_PAGE OUTPUT
 *
 *   OUTPUT/web-assets.S   every file's bytes, by .incbin, as they are and compressed
 *   OUTPUT/web-assets.c   the table over them (server/http/assets_table.h), sorted by path
 *
 * Compression is paid once, here, at its slowest and best setting, and never per request. An encoding that saves
 * nothing is left out. .incbin beats a C array by seconds of compile time, and #embed needs a newer compiler.
 *
 * The build's name is a hash over all files as vite wrote them; only afterwards is it written into index.html, where
 * the page reads it to compare with what the server's welcome says.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
	css: { type: 'text/css; charset=utf-8', text: true },
	html: { type: 'text/html; charset=utf-8', text: true },
	js: { type: 'text/javascript; charset=utf-8', text: true },
	json: { type: 'application/json', text: true },
	md: { type: 'text/plain; charset=utf-8', text: true },
	png: { type: 'image/png', text: false },
	svg: { type: 'image/svg+xml', text: true },
	txt: { type: 'text/plain; charset=utf-8', text: true },
	webmanifest: { type: 'application/manifest+json', text: true },
	woff2: { type: 'font/woff2', text: false },
};

/* Vite puts a hash of the content into the names below assets/, so such an address never changes its meaning. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;
const BUILD_META = /(<meta name="forwhom-build" content=")[^"]*(")/;

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

function readPage(folder) {
	const names = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
	const files = names.map((name) => ({
		path: name.slice(folder.length).replaceAll('\\', '/'),
		bytes: readFileSync(name),
	}));
	// By code unit, which for UTF-8 paths of ASCII is strcmp's order: the server searches by halves.
	return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function nameBuild(files) {
	const id = sha256(...files.flatMap(({ path, bytes }) => [path, '\0', bytes])).slice(0, 16);
	const index = files.find(({ path }) => path === '/index.html');
	if (!index) throw new Error('the built page has no index.html');
	const html = index.bytes.toString('utf8');
	if (!BUILD_META.test(html)) throw new Error('index.html has no <meta name="forwhom-build">');
	index.bytes = Buffer.from(html.replace(BUILD_META, `$1${id}$2`));
	return id;
}

function gzip(bytes) {
	return gzipSync(bytes, { level: 9 });
}

function brotli(bytes) {
	return brotliCompressSync(bytes, {
		params: {
			[constants.BROTLI_PARAM_QUALITY]: 11,
			[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
			[constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
		},
	});
}

function encode({ path, bytes }, number) {
	if (!/^[\w./@-]+$/.test(path)) throw new Error(`${path}: a name that would need escaping`);
	const kind = TYPES[path.slice(path.lastIndexOf('.') + 1)];
	if (!kind) throw new Error(`${path}: no content type is known for it`);
	const blobs = [{ member: 'plain', bytes }];
	if (kind.text) {
		blobs.push({ member: 'gzip', bytes: gzip(bytes) }, { member: 'br', bytes: brotli(bytes) });
	}
	return {
		path,
		type: kind.type,
		immutable: HASHED.test(path),
		// Weak, because one tag stands for the same content in every encoding.
		etag: `W/"${sha256(bytes).slice(0, 20)}"`,
		blobs: blobs
			.filter((blob) => blob.member === 'plain' || blob.bytes.length < bytes.length)
			.map((blob) => ({ ...blob, symbol: `asset_${number}_${blob.member}`, file: `${number}.${blob.member}` })),
	};
}

function assembly(assets, blobFolder) {
	const blobs = assets.flatMap((asset) => asset.blobs);
	return [
		'/* Written by web/embed.mjs. */',
		'\t.section .rodata',
		...blobs.flatMap(({ symbol, file }) => [
			`\t.global ${symbol}`,
			`\t.hidden ${symbol}`,
			'\t.balign 16',
			`${symbol}:`,
			`\t.incbin ${JSON.stringify(join(blobFolder, file))}`,
		]),
		'\t.section .note.GNU-stack, "", %progbits',
		'',
	].join('\n');
}

function table(assets, id) {
	const blobs = assets.flatMap((asset) => asset.blobs);
	const rows = assets.map((asset) =>
		[
			'\t{',
			`\t\t.path = ${JSON.stringify(asset.path)},`,
			`\t\t.type = ${JSON.stringify(asset.type)},`,
			`\t\t.etag = ${JSON.stringify(asset.etag)},`,
			`\t\t.immutable = ${asset.immutable},`,
			...asset.blobs.map(({ member, symbol, bytes }) => `\t\t.${member} = {${symbol}, ${bytes.length}},`),
			'\t},',
		].join('\n'),
	);
	return [
		'/* Written by web/embed.mjs. */',
		'#include "server/http/assets_table.h"',
		'',
		...blobs.map(({ symbol }) => `extern const uint8_t ${symbol}[] __attribute__((visibility("hidden")));`),
		'',
		`const char assets_table_build_id[] = ${JSON.stringify(id)};`,
		`const size_t assets_table_count = ${assets.length};`,
		'const struct asset assets_table[] = {',
		...rows,
		'};',
		'',
	].join('\n');
}

function main([page, output]) {
	if (!page || !output) throw new Error('usage: embed.mjs BUILT_PAGE OUTPUT');
	const files = readPage(resolve(page));
	const id = nameBuild(files);
	const assets = files.map(encode);

	const blobFolder = join(resolve(output), 'web-blobs');
	rmSync(blobFolder, { recursive: true, force: true });
	mkdirSync(blobFolder, { recursive: true });
	for (const { file, bytes } of assets.flatMap((asset) => asset.blobs)) {
		writeFileSync(join(blobFolder, file), bytes);
	}
	writeFileSync(join(output, 'web-assets.S'), assembly(assets, blobFolder));
	writeFileSync(join(output, 'web-assets.c'), table(assets, id));
}

main(process.argv.slice(2));
