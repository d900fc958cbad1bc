/** Says what of Node a worker of the page can see. */
postMessage(['require', 'process', 'Buffer'].filter((name) => name in globalThis));
