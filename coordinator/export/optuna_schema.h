/* optuna_schema.h - the tables of Optuna's RDBStorage, schema version 12: Optuna 3.0 and later
 * (optuna/storages/_rdb/models.py).
 *
 * What is left out, and why: the table alembic_version. Where it is missing and version_info holds
 * schema version 12, Optuna takes the storage for one of its own newest revision and notes that
 * (_VersionManager._init_alembic); its revisions v3.0.0.d (3.0 to 3.1) and v3.2.0.a (3.2 to 5.0)
 * differ in one index alone, ix_trials_study_id, which makes looking up quicker. A file that named
 * one revision would be refused by the releases of the other. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_OPTUNA_SCHEMA_H
#define LRSWEEP_COORDINATOR_EXPORT_OPTUNA_SCHEMA_H

/* clang-format off: one column a line. */

#define OPTUNA_ATTRIBUTES(table, id, owner, owners)                                                \
    "CREATE TABLE " table " ("                                                                     \
    "  " id " INTEGER NOT NULL PRIMARY KEY,"                                                       \
    "  " owner " INTEGER REFERENCES " owners " (" owner "),"                                       \
    "  \"key\" VARCHAR(512),"                                                                      \
    "  value_json TEXT,"                                                                           \
    "  UNIQUE (" owner ", \"key\")"                                                                \
    ");"

#define OPTUNA_SCHEMA                                                                              \
    "CREATE TABLE studies ("                                                                       \
    "  study_id INTEGER NOT NULL PRIMARY KEY,"                                                     \
    "  study_name VARCHAR(512) NOT NULL"                                                           \
    ");"                                                                                           \
    "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);"                           \
    "CREATE TABLE version_info ("                                                                  \
    "  version_info_id INTEGER NOT NULL PRIMARY KEY CHECK (version_info_id = 1),"                  \
    "  schema_version INTEGER,"                                                                    \
    "  library_version VARCHAR(256)"                                                               \
    ");"                                                                                           \
    "CREATE TABLE study_directions ("                                                              \
    "  study_direction_id INTEGER NOT NULL PRIMARY KEY,"                                           \
    "  direction VARCHAR(8) NOT NULL,"                                                             \
    "  study_id INTEGER NOT NULL REFERENCES studies (study_id),"                                   \
    "  objective INTEGER NOT NULL,"                                                                \
    "  UNIQUE (study_id, objective)"                                                               \
    ");"                                                                                           \
    "CREATE TABLE trials ("                                                                        \
    "  trial_id INTEGER NOT NULL PRIMARY KEY,"                                                     \
    "  number INTEGER,"                                                                            \
    "  study_id INTEGER REFERENCES studies (study_id),"                                            \
    "  state VARCHAR(8) NOT NULL,"                                                                 \
    "  datetime_start DATETIME,"                                                                   \
    "  datetime_complete DATETIME"                                                                 \
    ");"                                                                                           \
    "CREATE TABLE trial_params ("                                                                  \
    "  param_id INTEGER NOT NULL PRIMARY KEY,"                                                     \
    "  trial_id INTEGER REFERENCES trials (trial_id),"                                             \
    "  param_name VARCHAR(512),"                                                                   \
    "  param_value FLOAT,"                                                                         \
    "  distribution_json TEXT,"                                                                    \
    "  UNIQUE (trial_id, param_name)"                                                              \
    ");"                                                                                           \
    "CREATE TABLE trial_values ("                                                                  \
    "  trial_value_id INTEGER NOT NULL PRIMARY KEY,"                                               \
    "  trial_id INTEGER NOT NULL REFERENCES trials (trial_id),"                                    \
    "  objective INTEGER NOT NULL,"                                                                \
    "  value FLOAT,"                                                                               \
    "  value_type VARCHAR(7) NOT NULL,"                                                            \
    "  UNIQUE (trial_id, objective)"                                                               \
    ");"                                                                                           \
    "CREATE TABLE trial_intermediate_values ("                                                     \
    "  trial_intermediate_value_id INTEGER NOT NULL PRIMARY KEY,"                                  \
    "  trial_id INTEGER NOT NULL REFERENCES trials (trial_id),"                                    \
    "  step INTEGER NOT NULL,"                                                                     \
    "  intermediate_value FLOAT,"                                                                  \
    "  intermediate_value_type VARCHAR(7) NOT NULL,"                                               \
    "  UNIQUE (trial_id, step)"                                                                    \
    ");"                                                                                           \
    "CREATE TABLE trial_heartbeats ("                                                              \
    "  trial_heartbeat_id INTEGER NOT NULL PRIMARY KEY,"                                           \
    "  trial_id INTEGER NOT NULL UNIQUE REFERENCES trials (trial_id),"                             \
    "  heartbeat DATETIME NOT NULL"                                                                \
    ");" OPTUNA_ATTRIBUTES("study_user_attributes", "study_user_attribute_id", "study_id",         \
                           "studies")                                                              \
        OPTUNA_ATTRIBUTES("study_system_attributes", "study_system_attribute_id", "study_id",      \
                          "studies")                                                               \
            OPTUNA_ATTRIBUTES("trial_user_attributes", "trial_user_attribute_id", "trial_id",      \
                              "trials")                                                            \
                OPTUNA_ATTRIBUTES("trial_system_attributes", "trial_system_attribute_id",          \
                                  "trial_id", "trials")

/* clang-format on */

#endif
