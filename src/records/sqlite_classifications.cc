#include "records/sqlite_classifications.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "base/encoding.h"
#include "records/json_columns.h"

namespace lotmark::records::sqlite {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO lesion_classifications (id, time, model_name, model_version, manifest_sha256, artifact_sha256, format,"
    " runtime_name, runtime_version, runtime_provider, runtime_options, cpu_features, preprocessing_sha256,"
    " image_sha256, tensor_sha256, output_sha256, classes, probabilities, top_class, confidence, warnings, sharpness,"
    " brightness, image_width, image_height, source, replica, latency_micros, anatomical_site)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING";

constexpr std::string_view kInsertReferences =
    "INSERT INTO classification_references (id, salt, lesion_image_id, patient_id, encounter_id)"
    " VALUES (?, ?, ?, ?, ?)";

constexpr std::string_view kSelect =
    "SELECT id, time, model_name, model_version, manifest_sha256, artifact_sha256, format, runtime_name,"
    " runtime_version, runtime_provider, runtime_options, cpu_features, preprocessing_sha256, image_sha256,"
    " tensor_sha256, output_sha256, classes, probabilities, top_class, confidence, warnings, sharpness, brightness,"
    " image_width, image_height, source, replica, latency_micros, anatomical_site, lesion_image_id, patient_id, "
    "encounter_id"
    " FROM lesion_classifications LEFT JOIN classification_references USING (id) ";

void BindRow(const ClassificationRow& row, Statement& insert) {
  insert.Bind(row.id.text())
      .Bind(FormatUtc(row.time))
      .Bind(row.model_name.text())
      .Bind(row.model_version.text())
      .Bind(row.manifest_sha256.hex())
      .Bind(row.artifact_sha256.hex())
      .Bind(row.format)
      .Bind(row.runtime_name)
      .Bind(row.runtime_version)
      .Bind(row.runtime_provider)
      .Bind(row.runtime_options)
      .Bind(row.cpu_features)
      .Bind(row.preprocessing_sha256.hex())
      .Bind(row.image_sha256.hex())
      .Bind(row.tensor_sha256.hex())
      .Bind(row.output_sha256.hex())
      .Bind(TextsToJson(row.classes))
      .Bind(FloatsToJson(row.probabilities))
      .Bind(row.top_class)
      .Bind(row.confidence)
      .Bind(TextsToJson(row.warnings))
      .Bind(row.sharpness)
      .Bind(row.brightness)
      .Bind(row.image_width)
      .Bind(row.image_height)
      .Bind(SourceName(row.source))
      .Bind(row.replica)
      .Bind(row.latency_micros)
      .Bind(row.references.anatomical_site);
}

bool NeedsReferencesRow(const References& references) {
  return references.lesion_image_id || references.patient_id || references.encounter_id;
}

void BindReferences(const ClassificationRow& row, Statement& insert) {
  std::array<uint8_t, 32> salt;
  // A guessable salt would let anybody test who a classification belongs to.
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) std::abort();
  insert.Bind(row.id.text())
      .BindBlob(salt)
      .Bind(row.references.lesion_image_id)
      .Bind(row.references.patient_id)
      .Bind(row.references.encounter_id);
}

Result<Source> SourceOf(std::string_view name) {
  if (const auto source = ParseSource(name)) return *source;
  return Refused("'" + Printable(name) + "' is not a known source");
}

Result<ClassificationRow> DecodeAfterId(const Uuid& id, Columns& columns) {
  LOTMARK_ASSIGN_OR_RETURN(const UtcTime time, ParseUtc(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(ModelName model_name, ModelName::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(Version model_version, Version::Parse(columns.Text()));
  ClassificationRow row{
      .id = id, .time = time, .model_name = std::move(model_name), .model_version = std::move(model_version)};
  LOTMARK_ASSIGN_OR_RETURN(row.manifest_sha256, Digest::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.artifact_sha256, Digest::Parse(columns.Text()));
  row.format = columns.Text();
  row.runtime_name = columns.Text();
  row.runtime_version = columns.Text();
  row.runtime_provider = columns.Text();
  row.runtime_options = columns.Text();
  row.cpu_features = columns.Text();
  LOTMARK_ASSIGN_OR_RETURN(row.preprocessing_sha256, Digest::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.image_sha256, Digest::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.tensor_sha256, Digest::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.output_sha256, Digest::Parse(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.classes, TextsFromJson(columns.Text()));
  LOTMARK_ASSIGN_OR_RETURN(row.probabilities, FloatsFromJson(columns.Text()));
  row.top_class = columns.Text();
  row.confidence = columns.Real();
  LOTMARK_ASSIGN_OR_RETURN(row.warnings, TextsFromJson(columns.Text()));
  row.sharpness = columns.Real();
  row.brightness = columns.Real();
  row.image_width = columns.Integer();
  row.image_height = columns.Integer();
  LOTMARK_ASSIGN_OR_RETURN(row.source, SourceOf(columns.Text()));
  row.replica = columns.Text();
  row.latency_micros = columns.Integer();
  row.references.anatomical_site = columns.OptionalText();
  row.references.lesion_image_id = columns.OptionalText();
  row.references.patient_id = columns.OptionalText();
  row.references.encounter_id = columns.OptionalText();
  return row;
}

Result<ClassificationRow> ReadRow(Columns& columns) {
  const std::string id_text = columns.Text();
  const auto damaged = [&](const Error& why) {
    return MachineFailed("records: row '" + Printable(id_text, 60) + "' is damaged: " + why.text);
  };
  const auto id = Uuid::Parse(id_text);
  if (!id) return damaged(id.error());
  auto row = DecodeAfterId(*id, columns);
  if (!row) return damaged(row.error());
  return row;
}

}  // namespace

ClassificationTable::ClassificationTable(Connection& connection, Statement insert, Statement insert_references,
                                         Statement find, Statement list)
    : connection_(&connection),
      insert_(std::move(insert)),
      insert_references_(std::move(insert_references)),
      find_(std::move(find)),
      list_(std::move(list)) {}

Result<ClassificationTable> ClassificationTable::Prepare(Connection& connection) {
  const std::string select(kSelect);
  LOTMARK_ASSIGN_OR_RETURN(Statement insert, connection.Prepare(kInsert));
  LOTMARK_ASSIGN_OR_RETURN(Statement insert_references, connection.Prepare(kInsertReferences));
  LOTMARK_ASSIGN_OR_RETURN(Statement find, connection.Prepare(select + "WHERE id = ?"));
  LOTMARK_ASSIGN_OR_RETURN(Statement list, connection.Prepare(select + "ORDER BY time DESC, id DESC LIMIT ?"));
  return ClassificationTable(connection, std::move(insert), std::move(insert_references), std::move(find),
                             std::move(list));
}

Result<bool> ClassificationTable::Insert(const ClassificationRow& row) {
  BindRow(row, insert_);
  LOTMARK_RETURN_IF_ERROR(insert_.Run());
  if (connection_->Changes() == 0) return false;
  if (NeedsReferencesRow(row.references)) {
    BindReferences(row, insert_references_);
    LOTMARK_RETURN_IF_ERROR(insert_references_.Run());
  }
  return true;
}

Result<std::optional<ClassificationRow>> ClassificationTable::Find(const Uuid& id) {
  std::optional<ClassificationRow> found;
  LOTMARK_RETURN_IF_ERROR(find_.Bind(id.text()).Query([&](Columns& columns) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(found, ReadRow(columns));
    return Ok();
  }));
  return found;
}

Result<std::vector<ClassificationRow>> ClassificationTable::List(int64_t limit) {
  std::vector<ClassificationRow> rows;
  LOTMARK_RETURN_IF_ERROR(list_.Bind(limit).Query([&](Columns& columns) -> Status {
    LOTMARK_ASSIGN_OR_RETURN(ClassificationRow row, ReadRow(columns));
    rows.push_back(std::move(row));
    return Ok();
  }));
  return rows;
}

Result<VersionUse> ClassificationTable::CountOf(const ModelName& model, const Version& version,
                                                const Digest& manifest_sha256, std::chrono::milliseconds within) {
  LOTMARK_ASSIGN_OR_RETURN(Statement count,
                           connection_->Prepare("SELECT COUNT(*), MIN(time) FROM lesion_classifications WHERE "
                                                "model_name = ? AND model_version = ? AND manifest_sha256 = ?"));
  count.Bind(model.text()).Bind(version.text()).Bind(manifest_sha256.hex());
  VersionUse use;
  const TimeLimit limit(*connection_, within);
  Status counted = count.Query([&use](Columns& columns) -> Status {
    use.count = static_cast<uint64_t>(columns.Integer());
    const auto first = columns.OptionalText();
    if (!first) return Ok();
    LOTMARK_ASSIGN_OR_RETURN(use.first, ParseUtc(*first));
    return Ok();
  });
  if (counted) return use;
  if (!limit.Passed()) return std::move(counted).error();
  return Error{ErrorCode::kBusy, "counting took longer than " + std::to_string(within.count()) + " ms"};
}

}  // namespace lotmark::records::sqlite
