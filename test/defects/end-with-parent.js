/** Preloaded by the processes that test defects: none of them outlives the run that started it. */
process.once('disconnect', () => process.exit(1));
// Listening alone would keep the process alive for as long as its parent lives.
process.channel?.unref();
