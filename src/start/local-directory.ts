/** Where everything stands that belongs to this clone alone: the embedded server's data, a secret. */
export const LOCAL_DIRECTORY = '.rowhouse';
