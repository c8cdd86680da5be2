// Runs a test's code inside of the extension host: POST a function body, get what it returns as JSON. For tests only; loopback, with a token.
const http = require('node:http');
const vscode = require('vscode');

exports.activate = (context) => {
  const token = process.env.ATOLL_PROBE_TOKEN;
  if (!token) {
    return;
  }
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    if (request.headers.authorization !== token) {
      response.writeHead(403).end();
      return;
    }
    try {
      const run = new Function('vscode', 'sleep', 'require', `return (async () => { ${Buffer.concat(chunks).toString('utf8')} })()`);
      const value = await run(vscode, (ms) => new Promise((resolve) => setTimeout(resolve, ms)), require);
      response.end(JSON.stringify({ value: value ?? null }));
    } catch (error) {
      response.end(JSON.stringify({ error: String((error && error.stack) || error) }));
    }
  });
  server.listen(Number(process.env.ATOLL_PROBE_PORT), '127.0.0.1');
  context.subscriptions.push({ dispose: () => server.close() });
};
