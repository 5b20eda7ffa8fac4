// The Responder that a handler gets: from any thread to the connection, once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "http/connection.h"

namespace lotmark::http {

Responder MakeResponder(std::shared_ptr<boost::asio::io_context> io, std::weak_ptr<Connection> connection);

}  // namespace lotmark::http
