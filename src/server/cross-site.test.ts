import { describe, expect, it } from '@jest/globals';
import { isPreflighted } from './cross-site.js';

describe('a request that another site may have caused', () => {
  it.each([
    [{}],
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'text/plain; application/json' }],
    [{ 'content-type': 'text/plain,application/json' }],
    [{ 'content-type': 'application/jsonp' }],
    [{ 'content-type': 'multipart/form-data' }],
    [{ 'content-type': '' }],
    [{ authorization: 'Bearer x' }],
    [{ origin: 'https://app.example.com' }],
    [{ 'x-apollo-operation-name': '' }],
  ])('is one with %j', (headers) => {
    expect(isPreflighted(headers)).toBe(false);
  });

  it.each([
    [{ 'content-type': 'application/json' }],
    [{ 'content-type': 'Application/JSON; charset=utf-8' }],
    [{ 'x-apollo-operation-name': 'Viewer' }],
    [{ 'content-type': 'text/plain', 'apollo-require-preflight': '1' }],
  ])('is none with %j', (headers) => {
    expect(isPreflighted(headers)).toBe(true);
  });
});
