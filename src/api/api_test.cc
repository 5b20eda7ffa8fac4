// The routes over a real server on loopback, above fakes of everything that is slow or breaks.
#include "api/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "api/openapi.h"
#include "base/json.h"
#include "classify/testing/test_version.h"
#include "http/testing/echo.h"
#include "records/testing/fake_database.h"
#include "runtime/testing/fake_runtime.h"
#include "serve/testing/fake_volume.h"
#include "store/testing/test_volume.h"

namespace lotmark::api {
namespace {

using http::testing::Client;
using http::testing::Reply;
using serve::testing::GreenImage;
using serve::testing::RedImage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// A database whose reads by id wait on command, as on a disk that hangs.
class HeldReads final : public records::Database {
 public:
  explicit HeldReads(std::unique_ptr<records::Database> inner) : inner_(std::move(inner)) {}

  Result<std::vector<records::InsertOutcome>> Insert(std::span<const records::ClassificationRow> rows) override {
    return inner_->Insert(rows);
  }
  Status Insert(const records::ServiceEvent& event) override { return inner_->Insert(event); }
  Result<std::optional<records::ClassificationRow>> FindClassification(const Uuid& id) override {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    return inner_->FindClassification(id);
  }
  Result<std::vector<records::ClassificationRow>> ListClassifications(size_t limit) override {
    return inner_->ListClassifications(limit);
  }
  Result<records::VersionUse> CountOf(const ModelName& model, const Version& version, const Digest& manifest_sha256,
                                      std::chrono::milliseconds within) override {
    return inner_->CountOf(model, version, manifest_sha256, within);
  }
  Result<std::vector<records::ServiceEvent>> ListServiceEvents(size_t limit) override {
    return inner_->ListServiceEvents(limit);
  }

  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void AwaitRead() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  const std::unique_ptr<records::Database> inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool waiting_ = false;
};

// Builds a service as serve_command.cc does, and takes it apart in the same order.
class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    RegisterColours();
    loaded_.Add("v1");
    loaded_.PointAt("v1");
    keeper_ = std::move(*serve::ModelKeeper::Start({.poll_interval = std::chrono::milliseconds(5)}, loaded_.Source(),
                                                   clock_, [](auto&&...) {}));
    const auto open = [this](records::OpenMode mode) { return storage_.Open(mode); };
    writer_ = std::move(*records::Writer::Start(open, {}));
    records_ = std::make_unique<HeldReads>(std::move(*storage_.Open(records::OpenMode::kOpenExisting)));
    classifications_ = serve::ClassifyService::Start({.workers = 1, .queue = 2}, *keeper_, *writer_, *metrics_, clock_);
    api_ = std::make_unique<Api>(Backend{.classifications = *classifications_,
                                         .keeper = *keeper_,
                                         .writer = *writer_,
                                         .metrics = *metrics_,
                                         .volume = volume_.volume->reader(),
                                         .records = *records_,
                                         .replica = "clinic-1",
                                         .log_request =
                                             [this](const RequestLine& line) {
                                               const std::lock_guard lock(logged_mutex_);
                                               lines_.push_back(line);
                                             },
                                         .log_failure = [](const std::string&) {}});
    server_ = http::testing::StartServer(api_->handler(), {.limits = {}, .on_refusal = api_->on_refusal()});
  }

  ~ApiTest() override {
    storage_.ReleaseCommits();
    server_.reset();
    classifications_->Drain();
    api_.reset();
  }

  void RegisterColours() {
    const std::string model = runtime::testing::FakeModel(7);
    const auto version = classify::testing::MakeVersion(Bytes(model.begin(), model.end()));
    const auto folder = fs::CreatePosixDir(volume_.folder.PathOf("source")).value();
    WriteVersion(version, *folder);
    manifest_ = DumpJson(version.fields, 2);
    ASSERT_EQ(store::ErrorText(volume_.volume->Register(*folder, manifest_)), "");
  }

  Reply Fetch(std::string_view method, std::string_view target, const http::Headers& headers = {},
              std::string_view body = "") {
    Client client = http::testing::ConnectTo(*server_);
    auto reply = client.Fetch(method, target, headers, body);
    EXPECT_TRUE(reply) << reply.error().text;
    return reply ? *reply : Reply{};
  }
  Reply Get(std::string_view target) { return Fetch("GET", target); }
  Reply Classify(const std::string& image, const std::string& query = "") {
    return Fetch("POST", "/classify" + query, {{"Content-Type", "image/png"}}, image);
  }
  // The bytes of a request whose reply is read later.
  static std::string RawClassify(const std::string& image) {
    return "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: " +
           std::to_string(image.size()) + "\r\n\r\n" + image;
  }
  static Json BodyOf(const Reply& reply) {
    const auto body = ParseJson(reply.body);
    EXPECT_TRUE(body) << reply.body;
    return body ? *body : Json();
  }
  static std::string CodeOf(const Reply& reply) { return BodyOf(reply)["error"]["code"]; }
  std::vector<RequestLine> lines() {
    const std::lock_guard lock(logged_mutex_);
    return lines_;
  }
  // Why this side failed, of each request that did.
  std::vector<std::string> logged() {
    std::vector<std::string> failures;
    for (const RequestLine& line : lines()) {
      if (!line.failure.empty()) failures.push_back(line.failure);
    }
    return failures;
  }

  SystemClock clock_;
  store::TestVolume volume_{"colours"};
  std::string manifest_;
  records::FakeStorage storage_;
  serve::testing::FakeVolume loaded_;
  std::unique_ptr<serve::Metrics> metrics_ = serve::Metrics::Make();
  std::unique_ptr<records::Writer> writer_;
  std::unique_ptr<HeldReads> records_;
  std::unique_ptr<serve::ModelKeeper> keeper_;
  std::unique_ptr<serve::ClassifyService> classifications_;
  std::mutex logged_mutex_;
  std::vector<RequestLine> lines_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(ApiTest, ClassifiesAndGivesTheStoredRowBack) {
  const Reply reply = Classify(RedImage());
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.header("content-type"), "application/json");
  const Json body = BodyOf(reply);
  EXPECT_EQ(body["model_version"], "v1");
  EXPECT_EQ(body["top3"].size(), 3u);
  const Reply row = Get("/classifications/" + body["id"].get<std::string>());
  ASSERT_EQ(row.status, 200);
  EXPECT_EQ(BodyOf(row)["image_sha256"], Sha256Of(RedImage()).hex());
  EXPECT_EQ(BodyOf(row)["classes"], body["classes"]);
}

TEST_F(ApiTest, NeverGivesReferencesBack) {
  const std::string form = "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n" + RedImage() +
                           "\r\n--b\r\nContent-Disposition: form-data; name=\"patient_id\"\r\n\r\nMaria\r\n--b--\r\n";
  const Reply reply = Fetch("POST", "/classify", {{"Content-Type", "multipart/form-data; boundary=b"}}, form);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, Not(HasSubstr("Maria")));
  EXPECT_THAT(Get("/classifications/" + BodyOf(reply)["id"].get<std::string>()).body, Not(HasSubstr("Maria")));
  EXPECT_THAT(Get("/metrics").body, Not(HasSubstr("Maria")));
}

TEST_F(ApiTest, ARetryIsSafeAndAnIdIsForOneImage) {
  const std::string query = "?id=019471F2-0A00-7000-8000-00000000ABCD";
  const Json first = BodyOf(Classify(RedImage(), query));
  EXPECT_EQ(first["replayed"], false);
  Json again = BodyOf(Classify(RedImage(), query));
  EXPECT_EQ(again["replayed"], true);
  again["replayed"] = false;
  EXPECT_EQ(again, first);
  const Reply other = Classify(GreenImage(), query);
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(CodeOf(other), "conflict");
  EXPECT_EQ(Get("/classifications/019471F2-0a00-7000-8000-00000000abcd").status, 200);
}

TEST_F(ApiTest, SaysWhatIsWrongWithARequest) {
  EXPECT_EQ(CodeOf(Classify(RedImage(), "?id=17")), "bad_request");
  const Reply unusable = Classify("no image");
  EXPECT_EQ(unusable.status, 422);
  EXPECT_EQ(CodeOf(unusable), "unusable_image");
  EXPECT_EQ(Fetch("POST", "/classify", {{"Content-Type", "text/plain"}}, "x").status, 400);
  EXPECT_EQ(Fetch("POST", "/classify", {{"Content-Type", "application/json"}}, "{").status, 400);
  EXPECT_TRUE(logged().empty()) << "what callers do wrong is not the operator's business";
}

TEST_F(ApiTest, AFailureOfThisSideIsLoggedAndNotTold) {
  storage_.FailNextInsert({ErrorCode::kMachine, "/srv/records.db: input/output error"});
  const Reply failed = Classify(RedImage());
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(failed.body, Not(HasSubstr("/srv")));
  storage_.FailNextInsert({ErrorCode::kNoSpace, "/srv/records.db: disk full"});
  const Reply full = Classify(RedImage());
  EXPECT_EQ(full.status, 507);
  EXPECT_EQ(CodeOf(full), "no_space");
  EXPECT_THAT(logged(), ElementsAre("/srv/records.db: input/output error", "/srv/records.db: disk full"));
}

TEST_F(ApiTest, IsBusyWhenTooManyWait) {
  loaded_.Add("slow", {.sleep_ms = 500});
  loaded_.PointAt("slow");
  while (keeper_->state().active->version.text() != "slow") std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::vector<Client> clients;
  for (int i = 0; i < 6; ++i) {  // one at work, two waiting
    clients.push_back(http::testing::ConnectTo(*server_));
    ASSERT_TRUE(clients.back().Send(RawClassify(RedImage())));
  }
  int answered = 0;
  int refused = 0;
  for (Client& client : clients) {
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << reply.error().text;
    if (reply->status == 200) {
      ++answered;
      continue;
    }
    ++refused;
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->header("retry-after"), "1");
    EXPECT_EQ(CodeOf(*reply), "busy");
  }
  EXPECT_GE(answered, 2);
  EXPECT_GE(refused, 1);
}

TEST_F(ApiTest, ReportsHealth) {
  const Json health = BodyOf(Get("/health"));
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["replica"], "clinic-1");
  EXPECT_EQ(health["active"]["manifest_sha256"], loaded_.Identity("v1").manifest_sha256.hex());
  EXPECT_EQ(BodyOf(Get("/health/live")), (Json{{"live", true}}));
  EXPECT_EQ(BodyOf(Get("/health/ready")), (Json{{"ready", true}}));
  api_->BeginDraining();
  EXPECT_EQ(Get("/health/ready").status, 503);
  EXPECT_EQ(BodyOf(Get("/health"))["status"], "draining");
  EXPECT_EQ(Get("/health/live").status, 200);
}

TEST_F(ApiTest, SaysThatTheVersionWasWithdrawn) {
  loaded_.Withdraw("v1", {"was stopped", serve::Withdrawal::Leave::kAtOnce});
  while (!keeper_->state().refusing()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Client client = http::testing::ConnectTo(*server_);
  ASSERT_TRUE(client.Send(RawClassify(RedImage())));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(CodeOf(*reply), "version_withdrawn");
  EXPECT_EQ(reply->header("retry-after"), "1");
  EXPECT_THAT(reply->body, HasSubstr("colours v1 was stopped"));
  EXPECT_EQ(Get("/health/ready").status, 503);
  EXPECT_EQ(BodyOf(Get("/health"))["status"], "withdrawn");
  EXPECT_EQ(Get("/health/live").status, 200);
}

TEST_F(ApiTest, ListsModelsAndServesTheManifestsExactBytes) {
  const Json models = BodyOf(Get("/models"));
  const std::string digest = Sha256Of(manifest_).hex();
  EXPECT_EQ(models,
            (Json{{"models",
                   {{{"model_name", "colours"},
                     {"versions", {{{"version", "v1"}, {"state", "registered"}, {"manifest_sha256", digest}}}}}}}}));
  const Reply manifest = Get("/models/colours/versions/v1");
  EXPECT_EQ(manifest.status, 200);
  EXPECT_EQ(manifest.body, manifest_);
  EXPECT_EQ(manifest.header("etag"), '"' + digest + '"');
  EXPECT_EQ(manifest.header("content-type"), "application/json");
}

TEST_F(ApiTest, KnowsWhatIsNotThere) {
  const std::string id = Uuid::V4().text();
  for (const std::string& target :
       {"/classifications/" + id, std::string("/models/colours/versions/v9"), std::string("/models/other/versions/v1"),
        std::string("/nowhere"), std::string("/")}) {
    const Reply reply = Get(target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(CodeOf(reply), "not_found");
    EXPECT_THAT(reply.body, Not(HasSubstr(volume_.path()))) << "no path of the host";
  }
  for (const char* target : {"/classifications/17", "/models/.hidden/versions/v1", "/models/colours/versions/a%2fb"}) {
    EXPECT_EQ(Get(target).status, 400) << target;
  }
}

TEST_F(ApiTest, ADamagedVolumeIsNotTheCallersFault) {
  const std::string path = volume_.PathOf("models/colours/versions/v1/model-manifest.json");
  ASSERT_EQ(std::system(("chmod 644 '" + path + "' && printf '{' > '" + path + "'").c_str()), 0);
  const Reply reply = Get("/models/colours/versions/v1");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(CodeOf(reply), "failed");
  ASSERT_EQ(logged().size(), 1u);
  EXPECT_THAT(logged()[0], HasSubstr("model-manifest.json"));
}

TEST_F(ApiTest, HeadIsGetWithoutABody) {
  Client client = http::testing::ConnectTo(*server_);
  const auto head = client.Fetch("HEAD", "/models/colours/versions/v1");
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("etag"), '"' + Sha256Of(manifest_).hex() + '"');
  EXPECT_EQ(head->header("content-length"), std::to_string(manifest_.size()));
  EXPECT_EQ(head->body, "");
  EXPECT_FALSE(client.HasBytesWithin(20));
}

TEST_F(ApiTest, CountsResponsesByRouteNotByPath) {
  EXPECT_EQ(Get("/classifications/" + Uuid::V4().text()).status, 404);
  EXPECT_EQ(Get("/classifications/" + Uuid::V4().text()).status, 404);
  const Reply metrics = Get("/metrics");
  EXPECT_THAT(metrics.header("content-type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(metrics.body,
              HasSubstr("lotmark_http_responses_total{route=\"/classifications/{id}\",status=\"404\"} 2\n"));
}

TEST_F(ApiTest, EveryAnswerCarriesARequestIdAndATrace) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const http::Headers headers{{"X-Request-Id", "clinic-7.42"},
                              {"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"},
                              {"tracestate", "vendor=abc"},
                              {"Content-Type", "image/png"}};
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/health"},
                                                        {"GET", "/metrics"},
                                                        {"GET", "/models/colours/versions/v1"},
                                                        {"GET", "/models/colours/versions/v1/files/model.onnx"},
                                                        {"GET", "/classifications/17"},
                                                        {"GET", "/classifications/" + Uuid::V4().text()},
                                                        {"GET", "/nowhere"},
                                                        {"DELETE", "/health"},
                                                        {"POST", "/classify"},
                                                        {"POST", "/classify?x=1"}}) {
    SCOPED_TRACE(target);
    const Reply reply = Fetch(method, target, headers, method == "POST" ? RedImage() : "");
    EXPECT_EQ(reply.header("x-request-id"), "clinic-7.42");
    EXPECT_THAT(std::string(reply.header("traceparent")), MatchesRegex("00-" + trace + "-[0-9a-f]+-01"));
    EXPECT_THAT(std::string(reply.header("traceparent")), Not(HasSubstr("00f067aa0ba902b7")));
    EXPECT_EQ(reply.header("tracestate"), "vendor=abc");
    if (reply.status >= 400) {
      EXPECT_EQ(BodyOf(reply)["error"]["request_id"], "clinic-7.42");
    }
  }
}

// What the HTTP server refuses by itself never reaches a route; it is told all the same.
TEST_F(ApiTest, WhatTheServerRefusesIsNamedCountedAndLoggedToo) {
  Client client = http::testing::ConnectTo(*server_);
  ASSERT_TRUE(client.Send("POST /classify?secret=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 413);
  const std::string id(reply->header("x-request-id"));
  EXPECT_TRUE(Uuid::Parse(id)) << id;
  EXPECT_EQ(BodyOf(*reply)["error"]["request_id"], id);
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0].request_id, id);
  EXPECT_EQ(lines()[0].status, 413);
  EXPECT_EQ(lines()[0].route, "");
  EXPECT_THAT(Get("/metrics").body, HasSubstr("lotmark_http_responses_total{route=\"none\",status=\"413\"} 1\n"));
}

TEST_F(ApiTest, LogsClassificationsAndFailedRequests) {
  const Json ok = BodyOf(Classify(RedImage(), "?id=019471F2-0A00-7000-8000-00000000ABCD"));
  EXPECT_EQ(Get("/health").status, 200);
  EXPECT_EQ(Classify("no image").status, 422);
  EXPECT_EQ(Get("/nowhere").status, 404);
  const auto logged_lines = lines();
  ASSERT_EQ(logged_lines.size(), 3u) << "what went well and is no classification is only counted";
  const RequestLine& first = logged_lines[0];
  EXPECT_EQ(first.route, "/classify");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.classification_id->text(), ok["id"]);
  EXPECT_EQ(first.classification->result, serve::ClassifyResult::kOk);
  EXPECT_EQ(first.classification->version->text(), "v1");
  EXPECT_EQ(first.classification->manifest_sha256->hex(), ok["manifest_sha256"]);
  EXPECT_GT(first.took.count(), 0);
  EXPECT_EQ(logged_lines[1].classification->result, serve::ClassifyResult::kRefused);
  EXPECT_EQ(logged_lines[1].status, 422);
  EXPECT_FALSE(logged_lines[1].classification_id);
  EXPECT_EQ(logged_lines[2].route, "");
  EXPECT_EQ(logged_lines[2].status, 404);
}

TEST_F(ApiTest, TheOpenApiDocumentDescribesExactlyTheRoutes) {
  const Reply reply = Get("/openapi.json");
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, OpenApiJson());
  const Json document = BodyOf(reply);
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::vector<std::pair<std::string, std::string>> described;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string capitals = method;
      for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      described.emplace_back(capitals, path);
    }
  }
  EXPECT_THAT(Api::RouteList(), ::testing::UnorderedElementsAreArray(described));
}

// That list is what the router really does: each path takes its method and HEAD for GET, and no other.
TEST_F(ApiTest, EachRouteTakesItsMethodsOnly) {
  for (const auto& [method, pattern] : Api::RouteList()) {
    std::string path = pattern;
    for (size_t at; (at = path.find('{')) != std::string::npos;) path.replace(at, path.find('}') - at + 1, "x");
    const Reply reply = Fetch("DELETE", path);
    EXPECT_EQ(reply.status, 405) << path;
    EXPECT_EQ(reply.header("allow"), method == "GET" ? "GET, HEAD" : method) << path;
    EXPECT_NE(Fetch(method, path).status, 405) << path;
  }
}

TEST_F(ApiTest, EveryReferenceInTheOpenApiDocumentLeadsSomewhere) {
  const auto document = ParseJson(OpenApiJson());
  ASSERT_TRUE(document) << document.error().text;
  size_t count = 0;
  const std::function<void(const Json&)> visit = [&](const Json& value) {
    if (value.is_object() && value.contains("$ref")) {
      const std::string target = value["$ref"];
      ASSERT_TRUE(target.starts_with("#/")) << target;
      EXPECT_TRUE(document->contains(Json::json_pointer(target.substr(1)))) << target;
      ++count;
    }
    if (value.is_structured()) {
      for (const Json& element : value) visit(element);
    }
  };
  visit(*document);
  EXPECT_GT(count, 10u);
}

// A client that goes away, and a server that goes before its answers: nothing is left hanging, nothing is used late.
TEST_F(ApiTest, AnswersThatComeAfterTheServerIsGoneFallNowhere) {
  storage_.HoldCommits();
  Client client = http::testing::ConnectTo(*server_);
  ASSERT_TRUE(client.Send(RawClassify(RedImage())));
  storage_.AwaitHeldCommit();
  const auto report = server_->Stop(std::chrono::milliseconds(10));
  EXPECT_EQ(report.abandoned, 1u);
  server_.reset();
  storage_.ReleaseCommits();
  classifications_->Drain();
  api_.reset();
  EXPECT_EQ(storage_.group_sizes(), (std::vector<size_t>{1})) << "it was recorded all the same";
}

TEST_F(ApiTest, AReadThatOutlivesTheServerEndsBeforeTheApiDoes) {
  records_->Hold();
  Client client = http::testing::ConnectTo(*server_);
  ASSERT_TRUE(client.Send("GET /classifications/" + Uuid::V4().text() + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  records_->AwaitRead();
  EXPECT_EQ(server_->Stop(std::chrono::milliseconds(10)).abandoned, 1u);
  server_.reset();
  std::thread releasing([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    records_->Release();
  });
  api_.reset();
  releasing.join();
  EXPECT_THAT(metrics_->Render({}), HasSubstr("route=\"/classifications/{id}\",status=\"404\"} 1"))
      << "it ran to its end";
}

}  // namespace
}  // namespace lotmark::api
