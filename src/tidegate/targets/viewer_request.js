// Viewer-request function of a site with the `pointer` strategy (runtime cloudfront-js-2.0).
//
// The KeyValueStore that is associated with this function is the pointer of one distribution. Its keys:
//   release  the prefix of the release that the distribution serves, such as releases/<bundle digest>
//   runtime  the key of its runtime file, such as runtime/0a1b2c.json
//
// Viewers name paths of the site only; which release answers is decided here. Hashed assets lie in one folder for all
// releases, so that a page that was loaded before the pointer moved still finds its own.
import cf from 'cloudfront';

const POINTER = /^[A-Za-z0-9][A-Za-z0-9._:-]*(\/[A-Za-z0-9][A-Za-z0-9._:-]*)*$/;
const UNSAFE = /[\u0000-\u001f\u007f\\]|(^|\/)\.\.?(\/|$)/;
const ENCODED_SLASH = /%2f/i;
// What names a file: an extension as files of a site have it. `/report/BRK.B` is a route.
const FILE = /\.[a-z][a-z0-9]+$/;

function answer(statusCode, statusDescription, text) {
    return {
        statusCode: statusCode,
        statusDescription: statusDescription,
        headers: {
            'cache-control': { value: 'no-store' },
            'content-type': { value: 'text/plain; charset=utf-8' },
        },
        body: { encoding: 'text', data: text + '\n' },
    };
}

// The path as a person reads it, or null for one that no page of a site has: dot segments, backslashes, control
// characters, slashes in disguise, broken percent-encoding.
function readable(uri) {
    let path;
    try {
        path = decodeURIComponent(uri);
    } catch (error) {
        return null;
    }
    return UNSAFE.test(path) || ENCODED_SLASH.test(uri) ? null : path;
}

async function pointer(store, key) {
    const value = await store.get(key);
    if (!POINTER.test(value)) {
        throw new Error('the value of ' + key + ' is not a prefix');
    }
    return value;
}

async function target(uri, path) {
    if (path === '/runtime.json') {
        return '/' + (await pointer(cf.kvs(), 'runtime'));
    }
    if (uri.startsWith('/assets/')) {
        return uri;
    }
    const release = await pointer(cf.kvs(), 'release');
    return '/' + release + (FILE.test(path) ? uri : '/index.html');
}

async function handler(event) {
    const request = event.request;
    const path = readable(request.uri);
    if (path === null) {
        return answer(400, 'Bad Request', 'No such path.');
    }
    try {
        request.uri = await target(request.uri, path);
    } catch (error) {
        console.log('no release to serve: ' + error);
        return answer(503, 'Service Unavailable', 'No release is deployed here.');
    }
    return request;
}
