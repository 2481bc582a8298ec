// A socket that does only what it is told.
import WebSocket from 'ws';
import { inTime } from './checks.mjs';
import { url } from './session.mjs';

export const address = url.replace('http', 'ws');
export const PROTOCOL = 'graphql-transport-ws';

/** One socket with what it heard: messages as data, and at the end `{ closed, reason }`. */
export class Raw {
  #heard = [];
  #waiting = [];

  constructor(headers = {}, protocols = PROTOCOL, options = {}) {
    this.socket = new WebSocket(address, protocols, { headers, ...options });
    this.opened = new Promise((resolve) => {
      this.socket.on('open', () => resolve(200));
      this.socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => this.#hear(JSON.parse(data)));
    this.socket.on('close', (closed, reason) => this.#hear({ closed, reason: String(reason) }));
  }

  /** Opens a socket that is let in. */
  static async begin(cookie) {
    const raw = new Raw({ cookie });
    await raw.opened;
    raw.say({ type: 'connection_init' });
    await raw.next();
    return raw;
  }

  #hear(message) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(message);
    else this.#heard.push(message);
  }

  say(message) {
    this.socket.send(JSON.stringify(message));
  }

  subscribe(id, query, more = {}) {
    this.say({ type: 'subscribe', id, payload: { query, ...more } });
  }

  /** The next message, or the end. */
  next() {
    if (this.#heard.length) return Promise.resolve(this.#heard.shift());
    return inTime(new Promise((resolve) => this.#waiting.push(resolve)), 'a message');
  }

  /** The code it is closed with, whatever comes before. */
  async closed() {
    for (;;) {
      const { closed } = await this.next();
      if (closed) return closed;
    }
  }
}
