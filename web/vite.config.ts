/*
 * The page is one document, one style sheet, one script and the small one that goes before it, scripts that are fetched when they are wanted, plus fonts, all served from the server's memory under a
 * policy of script-src 'self'; style-src 'self'. So nothing may be inlined (no data: addresses, no inline script, no
 * preload polyfill), and addresses are relative, because the server may sit under a path of its own (--base-path).
 */
import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The fonts' licence asks to travel with them; the bundler's own list covers scripts only. */
function fontLicences(...families: string[]): Plugin {
	return {
		name: 'font-licences',
		apply: 'build',
		generateBundle() {
			for (const family of families) {
				const file = new URL(`node_modules/@fontsource-variable/${family}/LICENSE`, import.meta.url);
				this.emitFile({ type: 'asset', fileName: `licence-${family}.txt`, source: readFileSync(file, 'utf8') });
			}
		},
	};
}

/**
 * src/early.ts as a script of its own that runs as soon as it is there; the page's script imports the same file. It is
 * named in the document's head, because what only an import names is fetched a round trip later.
 */
function headStart(): Plugin {
	return {
		name: 'head-start',
		apply: 'build',
		transformIndexHtml: {
			order: 'post',
			handler(_html, { bundle }) {
				const early = Object.values(bundle ?? {}).find((chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.name === 'early')
				if (!early) throw new Error('no head start was built');
				return [{ tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src: `./${early.fileName}` }, injectTo: 'head-prepend' }]
			},
		},
	}
}

export default defineConfig({
	base: './',
	plugins: [svelte(), headStart(), fontLicences('atkinson-hyperlegible-next', 'newsreader')],
	build: {
		outDir: '../build/web',
		emptyOutDir: true,
		target: ['chrome107', 'edge107', 'firefox104', 'safari15.4'],
		assetsInlineLimit: 0,
		cssCodeSplit: false,
		modulePreload: false,
		reportCompressedSize: false,
		license: { fileName: 'licence-script.md' },
		rolldownOptions: {
			input: { index: 'index.html', early: 'src/early.ts' },
		},
	},
	// Shared sentences and vectors live in proto/, beside this folder.
	server: { fs: { allow: ['..'] } },
	test: {
		environment: 'node',
		include: ['src/**/*.test.ts'],
	},
});
