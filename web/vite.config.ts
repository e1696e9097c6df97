/*
 * The page is one document, one style sheet and one script, plus fonts, all served from the server's memory under a
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

export default defineConfig({
	base: './',
	plugins: [svelte(), fontLicences('atkinson-hyperlegible-next', 'newsreader')],
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
			output: { codeSplitting: false },
		},
	},
	// Shared sentences and vectors live in proto/, beside this folder.
	server: { fs: { allow: ['..'] } },
	test: {
		environment: 'node',
		include: ['src/**/*.test.ts'],
	},
});
