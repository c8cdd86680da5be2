import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionClosed, RpcConnection, RpcError } from '../src/host/rpc';

function connect(): { connection: RpcConnection; sent: any[]; told: [string, unknown][]; broken: string[] } {
  const sent: any[] = [];
  const told: [string, unknown][] = [];
  const broken: string[] = [];
  const connection = new RpcConnection(
    (line) => sent.push(JSON.parse(line)),
    (method, params) => told.push([method, params]),
    (reason) => broken.push(reason),
  );
  return { connection, sent, told, broken };
}

test('an answer finds its request, however its bytes are cut', async () => {
  const { connection, sent } = connect();
  const first = connection.request('a', {});
  const second = connection.request('b', { x: 1 });
  assert.deepEqual(sent[1], { jsonrpc: '2.0', id: 2, method: 'b', params: { x: 1 } });
  const bytes = Buffer.from('{"jsonrpc":"2.0","id":2,"result":"zwei ä 😀"}\n{"jsonrpc":"2.0","id":1,"result":null}\n');
  for (const byte of bytes) {
    connection.feed(Buffer.from([byte]));
  }
  assert.equal(await second, 'zwei ä 😀');
  assert.equal(await first, null);
});

test('an error is thrown with its code', async () => {
  const { connection } = connect();
  const asked = connection.request('a', {});
  connection.feed(Buffer.from('{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}\n'));
  await assert.rejects(asked, (error: RpcError) => error.code === -32602 && error.message === 'no');
});

test('notifications are told, pings answered, other requests refused', () => {
  const { connection, sent, told } = connect();
  connection.feed(
    Buffer.from(
      '{"jsonrpc":"2.0","method":"n","params":{"a":1}}\n{"jsonrpc":"2.0","id":9,"method":"ping"}\n{"jsonrpc":"2.0","id":"x","method":"roots/list"}\n',
    ),
  );
  assert.deepEqual(told, [['n', { a: 1 }]]);
  assert.deepEqual(sent[0], { jsonrpc: '2.0', id: 9, result: {} });
  assert.equal(sent[1].error.code, -32601);
});

test('lines that are no messages are reported, and the next is taken', async () => {
  const { connection, broken } = connect();
  const asked = connection.request('a', {});
  connection.feed(Buffer.from('noise\n[]\n\n{"jsonrpc":"2.0","id":1,"result":true}\n'));
  assert.equal(await asked, true);
  assert.equal(broken.length, 2);
});

test('closing tells everybody who waits, and later requests', async () => {
  const { connection } = connect();
  const asked = connection.request('a', {});
  connection.close('gone');
  await assert.rejects(asked, ConnectionClosed);
  await assert.rejects(connection.request('b', {}), /gone/);
});

test('a request that takes too long, or is not wanted any more, is cancelled at the other side', async () => {
  const { connection, sent } = connect();
  await assert.rejects(connection.request('slow', {}, { timeoutMs: 5 }), /did not answer slow/);
  assert.equal(sent[1].method, 'notifications/cancelled');
  const stop = new AbortController();
  const asked = connection.request('b', {}, { signal: stop.signal });
  stop.abort();
  await assert.rejects(asked, /cancelled/);
  assert.equal(sent[3].params.requestId, 2);
});
