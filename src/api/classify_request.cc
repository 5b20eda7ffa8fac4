#include "api/classify_request.h"

#include <algorithm>
#include <functional>
#include <map>

#include "api/caller_id.h"
#include "base/encoding.h"
#include "base/json.h"
#include "http/header_value.h"
#include "http/multipart.h"
#include "records/references.h"

namespace lotmark::api {
namespace {

// A body of 16 MiB in base64 is one JSON string; nothing else in the document is large.
constexpr JsonLimits kBodyLimits{.max_bytes = 32u << 20, .max_depth = 4, .max_values = 64};

using Fields = std::map<std::string, std::string, std::less<>>;

// "multipart/form-data; boundary=x" -> "multipart/form-data", in lower case.
std::string MediaType(std::string_view content_type) {
  return http::LowerCase(http::Trimmed(content_type.substr(0, content_type.find(';'))));
}

std::optional<std::string> Take(Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  std::string value = std::move(found->second);
  fields.erase(found);
  return value;
}

// Everything but the image, whichever way it came. What is left over is refused: a misspelt `patient_id` that is
// silently dropped would be a row that nobody finds again.
Status ReadFields(Fields fields, serve::ClassifyRequest& out) {
  if (const auto id = Take(fields, "id")) {
    auto parsed = ParseCallerId(*id);
    if (!parsed) return Prefixed("id", std::move(parsed).error());
    out.id = *parsed;
  }
  if (const auto source = Take(fields, "source")) {
    const auto parsed = records::ParseSource(*source);
    if (parsed != records::Source::kServer && parsed != records::Source::kTest) {
      return Refused("source: '" + Printable(*source, 40) + "' is not accepted here: it must be 'server' or 'test'");
    }
    out.source = *parsed;
  }
  out.references.lesion_image_id = Take(fields, "lesion_image_id");
  out.references.patient_id = Take(fields, "patient_id");
  out.references.encounter_id = Take(fields, "encounter_id");
  out.references.anatomical_site = Take(fields, "anatomical_site");
  if (!fields.empty()) {
    return Refused("unknown field '" + Printable(fields.begin()->first, 60) + "'",
                   "known are image, id, source, lesion_image_id, patient_id, encounter_id and anatomical_site");
  }
  return records::CheckReferences(out.references);
}

Status CheckNoQuery(const http::Request& request) {
  if (request.query.empty()) return Ok();
  return Refused("query parameters are not accepted with this content type", "send the fields in the body");
}

Result<serve::ClassifyRequest> FromMultipart(const http::Request& request) {
  LOTMARK_RETURN_IF_ERROR(CheckNoQuery(request));
  LOTMARK_ASSIGN_OR_RETURN(const auto parts, http::ParseMultipart(request.header("content-type"), request.body));
  serve::ClassifyRequest out;
  Fields fields;
  bool has_image = false;
  for (const http::Part& part : parts) {
    if (part.name == "image") {
      out.image = std::string(part.body);
      has_image = true;
    } else {
      fields.emplace(part.name, std::string(part.body));
    }
  }
  if (!has_image) return Refused("the field 'image' is missing");
  LOTMARK_RETURN_IF_ERROR(ReadFields(std::move(fields), out));
  return out;
}

// The parser quotes what it read last, which may be a reference.
Error WithoutQuote(Error error) {
  error.text.resize(std::min(error.text.size(), error.text.find("; last read")));
  return error;
}

Result<serve::ClassifyRequest> FromJson(const http::Request& request) {
  LOTMARK_RETURN_IF_ERROR(CheckNoQuery(request));
  auto parsed = ParseJson(request.body, kBodyLimits);
  if (!parsed) return WithoutQuote(std::move(parsed).error());
  const Json document = std::move(*parsed);
  LOTMARK_ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Of(document, ""));
  serve::ClassifyRequest out;
  Fields fields;
  bool has_image = false;
  for (const auto& [name, value] : document.items()) {
    if (value.is_null()) continue;  // an absent optional value in many clients' serialisers
    if (!value.is_string()) return Refused(Printable(name, 60) + " must be a string");
    const auto& text = value.get_ref<const std::string&>();
    if (name != "image") {
      fields.emplace(name, text);
      continue;
    }
    auto decoded = Base64Decode(text);
    if (!decoded) return Prefixed("image", std::move(decoded).error());
    out.image = std::string(AsText(*decoded));
    has_image = true;
  }
  if (!has_image) return Refused("the member 'image' is missing");
  LOTMARK_RETURN_IF_ERROR(ReadFields(std::move(fields), out));
  return out;
}

// `id=…&source=…`. References never travel in a URL: URLs end in logs.
Result<serve::ClassifyRequest> FromRawImage(http::Request request) {
  Fields fields;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (name != "id" && name != "source") {
      return Refused("query parameter '" + Printable(name, 60) + "' is not accepted",
                     "send references in a multipart or JSON body: addresses end in logs");
    }
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    if (!fields.emplace(name, value).second) return Refused("query parameter '" + std::string(name) + "' stands twice");
  }
  serve::ClassifyRequest out;
  out.image = std::move(request.body);
  LOTMARK_RETURN_IF_ERROR(ReadFields(std::move(fields), out));
  return out;
}

}  // namespace

Result<serve::ClassifyRequest> ReadClassifyRequest(http::Request request) {
  const std::string type = MediaType(request.header("content-type"));
  if (type == "multipart/form-data") return FromMultipart(request);
  if (type == "application/json") return FromJson(request);
  if (type == "image/jpeg" || type == "image/png") return FromRawImage(std::move(request));
  return Refused("content type '" + Printable(type, 80) + "' is not accepted",
                 "send multipart/form-data, application/json, image/jpeg or image/png");
}

}  // namespace lotmark::api
