import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** The front window of a Firefox that tests/support/firefox.ts started with `socket` as FIREFOX_SCRIPTS. */
export class FirefoxWindow {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  /**
   * Runs the body of a function there, with the browser's own privileges. Returns its result, as JSON; never
   * `false`.
   */
  run(body: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#socket, method: 'POST' }, async (answer) => {
        const said = await text(answer)
        if (answer.statusCode === 200) resolve(JSON.parse(said))
        else reject(new Error(said))
      })
      asked.on('error', reject)
      asked.end(`() => {${body}}`)
    })
  }

  /** Returns the process id of the browser. */
  async browserPid(): Promise<number> {
    return Number(await this.run('return Services.appinfo.processID'))
  }

  /** Returns the process id of the front tab, which it may share with others. */
  async tabPid(): Promise<number> {
    return Number(await this.run('return gBrowser.selectedBrowser.browsingContext.currentWindowGlobal.osPid'))
  }
}
