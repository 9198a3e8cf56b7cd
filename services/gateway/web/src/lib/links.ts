/** The page of the same rows: links of the interface name its paths; /api/v1/uploads?… is /uploads?… here, of both kinds. */
export const listPage = (link: string) => link.replace(/^\/api\/v1/, '').replace(/^\/uploads\?(?!.*\bdataset=)/, '/uploads?kind=all&')
