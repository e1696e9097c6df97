/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
	compilerOptions: {
		// One way of writing state: a component in the old syntax is an error, not a second dialect.
		runes: true,
	},
};
