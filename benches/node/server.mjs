// The peer of the fan-out figures: Node's socket.io as its documentation sets it up.
// Each `POST` sends its JSON body to all clients as one `lifecycle:update`.
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  io.emit("lifecycle:update", JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(200, { "content-type": "application/json" }).end('{"success":true}');
});
const io = new Server(server);

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  console.log(`Server listening on http://127.0.0.1:${server.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
