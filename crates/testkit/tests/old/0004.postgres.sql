-- A store that version 0.1 wrote (schema 0004), of made-up persons, under a key of thirty-two sevens. The tokens open nothing else.
-- WORLD {"ann":"person_01kdvdna04ew2t3t14a2d78fvv","bare":"person_01kdvdna0bezatxxemher4w3gj","bob":"person_01kdvdna09fx1br3qgq3a5v5ee","revoked":"ph_6c0d3hymj3w8qmnqjn3btbxh4pggb0k151w1nntddhfdccvcbwcgf8eymj","token":"ph_9qx5eevf0rq7f13b7tjdqszv5kxv4ar0ck4fq1nzc70y94dtx12gz83kf4","twin":"person_01kdvdna0gfrarxt2ar2mzcj6q","writer":"ph_0m07vcpyb0y3j0tn9neeqmmbzmkmche6peh6c6prv0zwgf1vab1g111e35"}
-- PERSON {"biometricData":{"faceImage":"c3VwcGxpZWQgZmFjZSAxIDAgMC4x","livenessScore":0.9,"quality":{"brightness":120.0,"detection":0.9,"faceHeight":120.0,"overall":0.77,"roll":0.0,"sharpness":20.0,"yaw":0.0},"samples":[{"createdAt":"2026-01-01T00:00:00.004Z","id":"sample_01kdvdna04emyvhbzqpaavs6rk","kind":"face","state":"enrolled"}]},"collections":["collection_01kdvdna02ex6sjw8aeg6vh33v"],"createdAt":"2026-01-01T00:00:00.004Z","documentNumber":"D1","documentType":"passport","email":"ann@example.com","expiresAt":"2027-01-01T00:00:00.004Z","externalId":"e-1","firstName":"Annabel","id":"person_01kdvdna04ew2t3t14a2d78fvv","lastName":"Doe","nationality":"NL","updatedAt":"2026-01-01T00:00:00.004Z","verification":{"checkedAt":"2026-01-01T00:00:00.004Z","method":"passive-liveness","models":{"detector":"supplied","embedder":"supplied-1","liveness":"supplied"},"reasons":[],"threshold":0.65},"verificationStatus":"verified","verifiedAt":"2026-01-01T00:00:00.004Z","version":1}
-- PERSON {"biometricData":{"fingerprint":"Rk1SACAyMAAAAAA=","samples":[{"createdAt":"2026-01-01T00:00:00.009Z","id":"sample_01kdvdna09fvptbnk7rnzg1t91","kind":"fingerprint","state":"enrolled"}]},"createdAt":"2026-01-01T00:00:00.009Z","dateOfBirth":"1990-01-15","firstName":"Zoë","id":"person_01kdvdna09fx1br3qgq3a5v5ee","lastName":"Müller","updatedAt":"2026-01-01T00:00:00.009Z","verificationStatus":"pending","version":1}
-- PERSON {"biometricData":{},"createdAt":"2026-01-01T00:00:00.011Z","expiresAt":"2027-01-01T00:00:00.014Z","firstName":"Bare","id":"person_01kdvdna0bezatxxemher4w3gj","lastName":"Doe","updatedAt":"2026-01-01T00:00:00.014Z","verification":{"checkedAt":"2026-01-01T00:00:00.014Z","method":"review","reasons":["seen"]},"verificationStatus":"verified","verifiedAt":"2026-01-01T00:00:00.014Z","version":2}
-- PERSON {"biometricData":{"faceImage":"c3VwcGxpZWQgZmFjZSAxIDEgMC4x","quality":{"brightness":120.0,"detection":0.9,"faceHeight":120.0,"overall":0.77,"roll":0.0,"sharpness":20.0,"yaw":0.0},"samples":[{"createdAt":"2026-01-01T00:00:00.016Z","id":"sample_01kdvdna0gedt808ajrvjg5zc3","kind":"face","state":"enrolled"}]},"createdAt":"2026-01-01T00:00:00.016Z","firstName":"Ann","id":"person_01kdvdna0gfrarxt2ar2mzcj6q","lastName":"Doe","updatedAt":"2026-01-01T00:00:00.016Z","verificationStatus":"pending","version":1}
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.collections (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    name uuid NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT collections_version_check CHECK ((version > 0))
);
ALTER TABLE ONLY public.collections FORCE ROW LEVEL SECURITY;
CREATE TABLE public.commits (
    tenant uuid NOT NULL,
    sequence bigint NOT NULL,
    name uuid NOT NULL
);
ALTER TABLE ONLY public.commits FORCE ROW LEVEL SECURITY;
CREATE TABLE public.duplicates (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    first uuid NOT NULL,
    second uuid NOT NULL,
    created_at bigint NOT NULL,
    decision smallint NOT NULL,
    version bigint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT duplicates_check CHECK ((first < second)),
    CONSTRAINT duplicates_decision_check CHECK (((decision >= 1) AND (decision <= 3))),
    CONSTRAINT duplicates_version_check CHECK ((version > 0))
);
ALTER TABLE ONLY public.duplicates FORCE ROW LEVEL SECURITY;
CREATE TABLE public.events (
    tenant uuid NOT NULL,
    person uuid NOT NULL,
    id uuid NOT NULL,
    at bigint NOT NULL,
    sequence bigint NOT NULL,
    sealed bytea NOT NULL
);
ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;
CREATE TABLE public.idempotency (
    tenant uuid NOT NULL,
    key uuid NOT NULL,
    body uuid NOT NULL,
    status smallint NOT NULL,
    person uuid,
    sealed bytea NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.idempotency FORCE ROW LEVEL SECURITY;
CREATE TABLE public.leases (
    work text NOT NULL,
    holder uuid NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE public.person_index (
    tenant uuid NOT NULL,
    field smallint NOT NULL,
    hash uuid NOT NULL,
    person uuid NOT NULL
);
ALTER TABLE ONLY public.person_index FORCE ROW LEVEL SECURITY;
CREATE TABLE public.persons (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    status smallint NOT NULL,
    verified_at bigint,
    expires_at bigint,
    sequence bigint NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    terms bytea NOT NULL,
    CONSTRAINT persons_status_check CHECK (((status >= 1) AND (status <= 3))),
    CONSTRAINT persons_version_check CHECK ((version > 0))
);
ALTER TABLE ONLY public.persons ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.persons ALTER COLUMN terms SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.persons FORCE ROW LEVEL SECURITY;
CREATE TABLE public.sample_images (
    tenant uuid NOT NULL,
    person uuid NOT NULL,
    sample uuid NOT NULL,
    image bytea,
    object text,
    CONSTRAINT sample_images_check CHECK ((num_nonnulls(image, object) = 1))
);
ALTER TABLE ONLY public.sample_images ALTER COLUMN image SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.sample_images FORCE ROW LEVEL SECURITY;
CREATE TABLE public.samples (
    tenant uuid NOT NULL,
    person uuid NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL,
    state smallint NOT NULL,
    created_at bigint NOT NULL,
    sequence bigint NOT NULL,
    model text NOT NULL,
    template bytea,
    remade_model text,
    remade bytea,
    CONSTRAINT samples_kind_check CHECK (((kind >= 1) AND (kind <= 2))),
    CONSTRAINT samples_state_check CHECK (((state >= 1) AND (state <= 2)))
);
ALTER TABLE ONLY public.samples ALTER COLUMN template SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.samples ALTER COLUMN remade SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.samples FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_version (
    version integer NOT NULL,
    oldest integer NOT NULL
);
CREATE TABLE public.search_changes (
    tenant uuid NOT NULL,
    person uuid NOT NULL,
    sequence bigint NOT NULL,
    enrolled bigint NOT NULL,
    erased boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY public.search_changes FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tenants (
    id uuid NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed_name bytea NOT NULL,
    created_at bigint NOT NULL,
    sequence bigint DEFAULT 0 NOT NULL,
    persons bigint DEFAULT 0 NOT NULL,
    high_water bigint DEFAULT 0 NOT NULL,
    forgotten bigint DEFAULT 0 NOT NULL,
    CONSTRAINT tenants_persons_check CHECK ((persons >= 0)),
    CONSTRAINT tenants_sequence_check CHECK ((sequence >= 0))
)
WITH (fillfactor='50');
ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tokens (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    hash bytea NOT NULL,
    scopes smallint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    sealed_name bytea NOT NULL,
    CONSTRAINT tokens_hash_check CHECK ((length(hash) = 32))
);
ALTER TABLE ONLY public.tokens FORCE ROW LEVEL SECURITY;
INSERT INTO public.collections VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a802-774d-9971-0a740db88c7b', 1, 1767225600002, 1767225600002, '48a1ce2d-6bff-b84f-ef49-1c98ec9f6d58', '\x01378fc47b8a40eb3a86b944df68f7153ce06f76756776ce985f271c2f7dd4191a7ba91f34706dd16236f173ef7396bb20d01059a18ae2650b45fac845bdb4f8c784043b348420c3746fe76e');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 1, '8aa948d5-cab6-4949-0000-000000000000');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 2, '8aa948d5-cab6-4949-0000-000000000001');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 3, '8aa948d5-cab6-4949-0000-000000000002');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 4, '8aa948d5-cab6-4949-0000-000000000003');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 5, '8aa948d5-cab6-4949-0000-000000000004');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 6, '8aa948d5-cab6-4949-0000-000000000005');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 7, '8aa948d5-cab6-4949-0000-000000000006');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 8, '8aa948d5-cab6-4949-0000-000000000007');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 9, '8aa948d5-cab6-4949-0000-000000000008');
INSERT INTO public.commits VALUES ('00000000-0000-7000-8000-000000000001', 10, '8aa948d5-cab6-4949-0000-000000000009');
INSERT INTO public.duplicates VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7d7f-a8ec-beb993d8bf97', '019b76da-a804-7705-a1e8-24509a743f7b', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', 1767225600016, 1, 1, '\x017ef896532f586912e408f7e7b413c48758414c313d0d36c237b0922413c09eaf0b85b125d3ab2e4e7a46af7cb770d21e28a94acafbe537157995b7dd1244af12258300f77fd3acb1baa9af486ddf4ac0823b3271815be8c97c346ff176981330aef65be6a33059cca7fc5d2049938458a64c21b58667613f866fe82a4da264fd6b4419c3cdde297e08b85f06a8ed62a1fb4cafc1b6b96d63318f44ab');
INSERT INTO public.events VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a804-7705-a1e8-24509a743f7b', '019b76da-a804-7dd2-a2e6-2c6736ae3963', 1767225600004, 3, '\x01b781bf79d6db7bb1b7cb322bf4c958075f91d372c0bd1f556dde6752c92b2cc39fb64ce626e3a463f1326a50299bbfe6f94cbf834ddd60505b0dd23029f961ecfc635d1280daa501e6d635741d25efd7404342f89d874a23254c6c6c8202fc4cfc044762274e2617a2be325dccf58eb62b3e242abaa6a11a97c1e6cc7aaf2668f6cb93df9626404a6d76aa239e15a1b803b41d0ed22aced1a114a7d3f9c58dd53cf1c4d6561063158ecbeb046539cab0aca1c8d0fada3c242103dfd8c7c57cd8b4276e38318517d8a69998d28d8a9f3c479de6f697bd3520d2ac99cbf9f4d7621be3b17868eb44a8d7eec8f91b04c3fe556ff81a00f08fc05f9bd76e1ce817e766ae74cad6df6903efbbe77923638c46872b5ec45e42d6dc52d5ec5e5820e325fe45ae19f0f2a032894ababbc611f584095c1f09f2de3031');
INSERT INTO public.events VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a809-7f42-bc0e-f0b8d45d95ce', '019b76da-a809-7221-a6d4-e13f03e0cb38', 1767225600009, 4, '\x01604406e30edb3a981f434329035b2ce91453a8852d8ea4f64eb26f1361f3661bc40ceb30e9050211ef6dcee9cd0b5900514869afb7593e8cdffa70cfe49cb636be4a60a56c76efd93bb6e468222ce56e406c7ab1cd2eabfee6310d379677b6ae5a169a175d3c04623928e10085760958');
INSERT INTO public.events VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a80b-77d5-aef5-d48bb04e0e12', '019b76da-a80b-7192-b700-1901c2e23d1c', 1767225600011, 5, '\x014c2b276db3dd443babfeedff39757060d6e71634061736e690766a9219d9aa26657123d6006a8133354e0d34cdb36958757cfc44dac9c5470727b4186e34a3ee2b77fd57d98b1103167b30e58839920f7bcf8e536a70dd30c799df45a43014c56a0493c7444193e5baf7388d72aaed68');
INSERT INTO public.events VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a80b-77d5-aef5-d48bb04e0e12', '019b76da-a80e-735b-95bb-f4f0fb58c497', 1767225600014, 6, '\x01c8244df5893d6e48f7704265b3fa97ab16cb66e65e40872245c194917c839539018b1bb1993f11578f4680bcec19d0420ac60c64faa9e55a22d8e4c856ad9e57d85cd717e5e0bcb26dc8954f7aa81b70978745f44861e4d7902fb2c94dbd6a638e765b5b07c12e01ff349a426fd92f8d5954a754f0b7d57df5f898b158090ea524b5a9bf4c9ace3dc3b5c3a194b927369bf52af4dc3575a6fac92a3bdfd803aff869096b99719fe8dbf9ef7103e8c95868163d71b21d868d381acccd67d1eab479a3b040317f2b1878e6fc88aac5d2a31076c1f7f1c38bbdd5133eed0bac');
INSERT INTO public.events VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', '019b76da-a810-745e-b290-a5b4463b2276', 1767225600016, 7, '\x01681d2d29aa88fae6b342eb5c12ce9d4f00e2805544c8f67dd51843bd6e9db5ecc04d477d6b7acdc930b1daf4fc6398471038ffc41f0ea4ea1bec7127c68b76312ee514036e4ee6509e1599186bd795a31426800ba42ec148bc84d7d8592f5052fdfe054d2c27c92a05c09c9342cd8d2b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 1, '86320194-e954-5375-3e36-17f484e7fddc', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 2, 'a14fa0b0-78b5-68fa-a2a8-911ad66cd74a', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 3, 'da4d0795-f625-21c1-627f-91c3765f8880', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '140c6459-064a-0f65-0abe-f35a5942efb5', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '2964bbe0-46c0-860b-49b8-2838bc6553d5', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '318c811d-431d-7108-c806-e91446c892a5', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '87d0d4dd-39a8-5c83-03ab-cb6c6f11cadd', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'e1fbe61e-2cd2-ced6-226f-f040750b443a', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'e84830e5-44e5-13d1-23b2-302228cfbf18', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 6, 'b236036b-4be6-ab5b-1972-93f34578bd79', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 7, '019b76da-a802-774d-9971-0a740db88c7b', '019b76da-a804-7705-a1e8-24509a743f7b');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '16840357-b83d-cbe0-8a11-d9cedcaf6369', '019b76da-a809-7f42-bc0e-f0b8d45d95ce');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '194e5cee-e7bb-1c88-9c36-d0b5c2f68d15', '019b76da-a809-7f42-bc0e-f0b8d45d95ce');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '47d472dc-677a-67e8-c0b6-af8c6b1dc8ab', '019b76da-a809-7f42-bc0e-f0b8d45d95ce');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '52c286e6-52fc-c965-0afb-da469da5bde8', '019b76da-a809-7f42-bc0e-f0b8d45d95ce');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'a55d560b-7845-7851-9ba8-ee411789d1a9', '019b76da-a809-7f42-bc0e-f0b8d45d95ce');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '42825153-6a43-eb9e-8f5b-dd44a4e9917b', '019b76da-a80b-77d5-aef5-d48bb04e0e12');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, '9116671b-2db1-ef9d-b0ac-d6c8688ee1fb', '019b76da-a80b-77d5-aef5-d48bb04e0e12');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'e84830e5-44e5-13d1-23b2-302228cfbf18', '019b76da-a80b-77d5-aef5-d48bb04e0e12');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'e1fbe61e-2cd2-ced6-226f-f040750b443a', '019b76da-a810-7e15-8ee8-4ac0a9f648d7');
INSERT INTO public.person_index VALUES ('00000000-0000-7000-8000-000000000001', 5, 'e84830e5-44e5-13d1-23b2-302228cfbf18', '019b76da-a810-7e15-8ee8-4ac0a9f648d7');
INSERT INTO public.persons VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a804-7705-a1e8-24509a743f7b', 1, 1767225600004, 1767225600004, 2, 1767225600004, 1798761600004, 3, '\x013817d8bbd7569cd2ea5963a4eb9b881d34712a093cbe92c37f52fc38f4007104d6790f575059a0e91f5cfe6e320294eae400001511966288505a5877', '\x01982f9014add176add2590079f9b17f8b9ea690f9b40347fcf95e162fd61c8343643e2e85c100f630b0c2ba1214b228df501861164ec79898179950b56c64f2635b4dbb3ec84a006a8782b36e387ea8ade5c30e00b2f2ebe6d97f663a187204209063da038dea4d23daed7b3a9c46ccaf054bbd02c24e6f5aad2feb32ac11d7e1ea2896ab095f672d368479356d3e9ce0c978d89aa6a3997b87f427b6a6caa9d574466e7d7af32489794d5adeb3eade9f7270e395c373a073967cbdbb3a558349af8ad6b49e3f527b0a1a0c0a119ebb59f17bb84f6ed2b265b58b85a39e0785bef2dbbad8ca612268552447c30ecc5a3a57ccb069bda6f15936efd06b8306bd43c2d64b270f07c442d79539edcd3e6be0071a147d4a0625a488d8ce3a0d8e3b7f3ecee8805fd92b346c96e2f0257b8e38b091796d99daf0f17868f03d0b408da8bb6927f74037fe9688337292fbe764e6005921c09bad1a0f534fbff837372c7547f7a39e6544e49476ed8c8a6c8bed88c79632e82855c5e3878db2e04faf3add10c14e8f99ad27a49eaf26fa23710b553ac4d5f79a66b26fb8038970c5fa70ff5c15ef20cc05d424d421a3062f605392e25458fa6308615243562984f366414a3a68dae79a0dc6369f237967121ac403341e97a760b1df9ae5ac8c6640394b5b6f573c692c7e76bccab7bcc99d298e9d236617c4b7697f4f2fdc4b31e8344240b1e5db6e49c317387e463cdcd83c442bf11a12a8d61ef39f8aa91de8c8d561e971854dd7a462219db6061f6040fea059a9afc612728be78b66e9dc5fa9995a313cf0cd2e0a842a00ba4eec32b0cbed46988bc377326c23dc813ef9920a45d0da8a59c0a112881238d6014bba836863ab379f92e1357ffa9470e511a652567e0557f8240066ec0f3e8606a3b619db4a3001ef02daabf533f5fcb7bfe7b958a640244c22ab1e0cb426782a7c76429aaf92f6918053d6fe2b62082f89be3bccee3525cc32e30860c4a7a3f61cb98f2e395aff5b7c5347b4c92a3b803572784ed8f43149cba8d701f5eebcbc742662d2fd42c8a7a071c88013b3d7e54fdc23c3ee49e08107307068da144721cbb95c8fc98768b18f298034cdf4f9b3aacbf7ae658b68457c0b12c0f3c8a97d30813c798d7fb3705d512b115bc68c78ccc5924f8e10', '\x0186320194e95453753e3617f484e7fddc02a14fa0b078b568faa2a8911ad66cd74a03da4d0795f62521c1627f91c3765f888005140c6459064a0f650abef35a5942efb5052964bbe046c0860b49b82838bc6553d505318c811d431d7108c806e91446c892a50587d0d4dd39a85c8303abcb6c6f11cadd05e1fbe61e2cd2ced6226ff040750b443a05e84830e544e513d123b2302228cfbf1806b236036b4be6ab5b197293f34578bd7907019b76daa802774d99710a740db88c7b');
INSERT INTO public.persons VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a809-7f42-bc0e-f0b8d45d95ce', 1, 1767225600009, 1767225600009, 1, NULL, NULL, 4, '\x017eb0a7dbe2f344211031c82c76aa1e45370ea4954ed2ed0fb6498ff631892b2bcc195d5fbbab1c5ac5940c428972231a73840cefcbf7bf71094100e9', '\x01e24b958690165a4f3e78fe9de09e06801736141ea92b3b271985951756889fd8413291b4636843ed46bccff6b27ce43143c1ec4426d0e354e32f1138bf3a97c9caa995a087f5c961c390716beeadeee12ff125845eae231a04bd01b4db30dfecc93a512b8c64df3f413c8431231fa61e4990af02766cf39599bb92a7d6fead8d87a5cdadb1671aa8e6f63ecad87c0767002965cf6afd983db5e96d8126cfc1cae8b96d598fa41ade4aa2d2ce4256e134263ed7c88be01f6798c300e88bcafc9296236b38ce21e0c786fc8bfecd32dd4336d898f2c629e3ac1e15cf8ceff2ec257b9b5d507ef53c90a395866ee605b827acfaf99d6500689dfef041bf1a6ecd51773d0e4faa83aa6d84e40b46712777e4e0a9521b886eb97b8e7e7a888fc1e561ee22e38845787e6f0c4f25dfcfa9faa0d3afbc0addb56336e84922420441523dac88c3548835c520f955fd8a2f284c6778632c37fb486eb6746e62f00807d028f55453d85b2ae2d85595e779012e9653ce279c508a5c59f6ffc3939bb30f9fe260affcb11f5f5e7325ba80de42c0d2d8f7db59560a5ada9e4c74dad9fde8bd95b5347cc4b5d5afdb85575c5bebb7443f4a4b173f03ad66437bf118c8f6fac0271c98fcb7048e934e0d80f949526762', '\x0516840357b83dcbe08a11d9cedcaf636905194e5ceee7bb1c889c36d0b5c2f68d150547d472dc677a67e8c0b6af8c6b1dc8ab0552c286e652fcc9650afbda469da5bde805a55d560b784578519ba8ee411789d1a9');
INSERT INTO public.persons VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a80b-77d5-aef5-d48bb04e0e12', 2, 1767225600011, 1767225600014, 2, 1767225600014, 1798761600014, 6, '\x01edce562062b62383ac7a71aef840efb3d1a17d35e34b41829369ea1fcc825aea7b50b44ba95d20de5076564741ebbcb418da27d93e8c11ae523f1fe0', '\x011bbe6ccddf9373694f7142f3a27abff45ebfbc88d31c370f3475e68aeb9c54dd861d66e750ac9454db45b3a72214e11823f668025dc032ce887b469794db6624026af4904b5603e084ea0a9519abfc4ea4c4a3c92fc5266691afb945cdf3fb279f6ef17e06a794c3de42286e25a9d633f664a96c5121ef9e109251f81c9ad5fa12f738f784472cd653afdaba5a885e155c3f55eecf4c7e62f536275b558a57a6bc704098afaa53ef8c2b7d84ba181bcc845b3cac9ec5efdc6fe8773c04a81477b328950cb0e47f750889503f298ded7ff748fc847d39b6bde9080c41e6a62416515336336bf9030427463948ad1325ce576c7090a94437084956a6e07dff1b1f43ecd790c621b7aa37e230103e327e2c2dd5b831b527fc8748c6be195601', '\x05428251536a43eb9e8f5bdd44a4e9917b059116671b2db1ef9db0acd6c8688ee1fb05e84830e544e513d123b2302228cfbf18');
INSERT INTO public.persons VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', 1, 1767225600016, 1767225600016, 1, NULL, NULL, 7, '\x012c023028a32f2e2adfc6f9f8c4fe16af0d39b76a072e43af3478ab8caa8f01e01e572dc685c3feddf6deb66a967f01be4f1bee6e0086c805d436913c', '\x0157e83ce24f4c17520d17e07c9b6c008ad9fb68c79d3a4124a38ec68fdd63712bae1713ff8ac3bea8949c7fc1699ffa5d97a5ab3fdf4a389ab97cf48f7c4bab2ca79f8e54bed39f59b521744ea38b4a9628afd0f29b84ed8ae73dbc18ca38e277ce18243aa6af077d254ea404ba097fed1c82e606889a99a057c1cd173c1d652ed9e753d480c1320f9ceeb1379e36932712c481b4a2df9b7f9e036f2e98ec2b1fa74bdb68d2e783098df6af4c3146fbb53d1107d78d1f3bbe40c0b73a76b48d1496850993b15e7694c718ed7247ea56adff58899c5e3aedd7ea0d8d576529537935aa9635ba7e20345bbadb3ca9b2b137989f061511a8ad66e37e3db0247e5b2a58cd7a9456f7d68c267d8b1ad64927953526ae945700605806f63c17c8ee437467a96e059b53dcb1f3c91688cc7b5f09649d2c0240c2080325d226b58acd9f1e36c3e65ecc19738ad4d1d117db46c6bb7d0dff49935ec9e6e789263bc5db9e350088d827cfaf45e51ea125bee4073046ca34a837f924944d9cc4ba9fb560e866f96edf810294fb5f398b3984de882441e7f2134b574eeb1666b41716bef066656b4b60a929b9857d7a6f42d9df9c629654dc77657019ee5a43e2d577625d448d8890f8db6dd9d61a22093b01b5780676c3b8092b8f1cea3984c77253ca94eef6', '\x05e1fbe61e2cd2ced6226ff040750b443a05e84830e544e513d123b2302228cfbf18');
INSERT INTO public.sample_images VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a804-7705-a1e8-24509a743f7b', '019b76da-a804-753d-b8af-f7b295bc9b13', '\x01c08005d2b9e17c3dae743fda0ed42c01ec66b71986986bbb3b7a04f11deafd0a9fe8dd56acea2f7e6d1d8b9bf166593cb2', NULL);
INSERT INTO public.sample_images VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a809-7f42-bc0e-f0b8d45d95ce', '019b76da-a809-7eed-a5d6-67c57f00e921', '\x011c2334ea8cd1ff7115234c6b5ef94c1428202dd411f6cc0b30f3fba75c3d69983b9070cd8fff88', NULL);
INSERT INTO public.sample_images VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', '019b76da-a810-7374-8021-52c6e502fd83', '\x01d8b0e7d2d0977ca9f44fbb707b8d20eeed76701362097a1c17dae5005e877bc8e5702006c300de545e9cf35f82f9fbe2bc', NULL);
INSERT INTO public.samples VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a804-7705-a1e8-24509a743f7b', '019b76da-a804-753d-b8af-f7b295bc9b13', 1, 1, 1767225600004, 3, 'supplied-1', '\x01c6ebeea84ea58e5dd27ac24d49d1198b4564e02ac945fb6852072240f4a3c5fb66cb5a9ab0a0181b9033cf6cb6f26c5632603b53ddd0040b022585bcd81266cf82e7939846f9e878f4b98853c00375a3174abbe486970aee1e13948ad60818c49dda52354389fb9f44c3ec30efdd31f36b34a766533a20e582c6ad5e3f65ee75c5d663efd5e3c7cf63236304138efa10c2d45b32d5fb7ebcce6fe489fbc42b1a4997894e72e95b29038ecbe2d398ffc0d9a18b644a71d313d4cfd3721f12c5a4a90f6739166573f25dfb7f8137a5bc9d7a3f528800166554796cd75c7caf669416cdf1799d194b844c069d6f06b57e629dc8a0b6d659b5e62e69a08010822efc965106cbbf33e812fc0c60ba69c8abe21f846f0a33b32c9b4d7f2f9a8f4dc27fbbc4012cefa14d378f21e5d607ac3890a4c285540ac7a74ad5c4bc37751661a34973f80f619f23a37ccb45c484865b45536462efae1f9c237cf9591a00206df11c19ebf69cf027d7871198581a367c7a066e24c4f43ab8f8f30ffad4d324ea3f8572552a0b90642bfbfd19c3e2519b8dfbcb62682de1b61b895f798168699b65ae9eb733481c7d8b4144b41c03caa238d2c9e40f67c2f6b416306a00228dfc2cba0101524b48f827bceb6d41bd6722557036bb3978656fddf43d7bb205f8f05e946a5cc6834f905ff9942046a9cfbbd0d66eda7bdb178e57c499bb00d62d1a96ba21ab1062f25750021a783e576931ad58411aabf9b236b027ca9d2750d0aae093506ce8f1', NULL, NULL);
INSERT INTO public.samples VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a809-7f42-bc0e-f0b8d45d95ce', '019b76da-a809-7eed-a5d6-67c57f00e921', 2, 1, 1767225600009, 4, '', '\x014eafb2b1533dd949ae87d635c5c8c5edf506ac3d2f9142df99c31e94e772a99e', NULL, NULL);
INSERT INTO public.samples VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', '019b76da-a810-7374-8021-52c6e502fd83', 1, 1, 1767225600016, 7, 'supplied-1', '\x01ecc0a88b8b614c79e25c83cea6897f17b7656ebb49beaf652109c2aa1350c39f6a40f7b167c270fc85b8c63c9b95dd4751f73056ede70cb41252c20513c0e95a82101a90b6e47b47067a2ccf84e757078a606839c754ce60bfe3d2c758dff2f858fc80e6e87b8cad9804dfa0b479d181770b6c6dff20db4dd60757378d5c415a1d64e680dfbe556cdc30ff4f0f8ab876eba64a97a472fb0f5f6cfa2b5adcc1bbd14afcfaee2b205e88c559fc59b5e87d4a26f686424c12d13574c54e55e49975c10e29e0a51d1fb61000e3b1548b2eeed425d9f4ab6dc6a14230afbdb7f63e42629bd9b7007b1b701cd13ccef76ccb50d5a8033af017b8ce28a61e44a96f2ab25ff7a99e3b78b69f68fe53306c4a92d7a8e5713f134bf3ec17423e1fd6ccce6ec6479496d538dd47eb9f4ff1b4455bde7c11d70f6b5df74f430cf8ada58d85afa52ab89bbe2ac00f6ff9f5f71bee747eae38811108ae4d6a524c184a726a144671bc8a219449c3f405674aa7db3c7b74a3c412bbf51c8264d970c7244d7a77aa98f0ab903456c09f992eeb826b11f245470441237cbfdd17c8d7e04849efcf85a20ab059eb590a6d4530abe3586da6ccada2208281b4dc0372fed52bb16cf89081446a9b9fdc76ff2161894645b88c882b09081878ca7ab7865bdfe6155856896829eb4a4dedaaf1fe5705668ddd878c5be83ebf580028e051874e38b6d701ad3687e154b0730c67840135023ae3624c478c1cd39356a569fa964c93381184520d1bd4f32f', NULL, NULL);
INSERT INTO public.schema_version VALUES (4, 4);
INSERT INTO public.search_changes VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a804-7705-a1e8-24509a743f7b', 3, 3, false);
INSERT INTO public.search_changes VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a809-7f42-bc0e-f0b8d45d95ce', 4, 4, false);
INSERT INTO public.search_changes VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a810-7e15-8ee8-4ac0a9f648d7', 7, 7, false);
INSERT INTO public.tenants VALUES ('00000000-0000-7000-8000-000000000001', '\x01b8aa01c8429cda33438969363817b6ae93093ea2e6ceda0e567659ed08ca4f529e76e6dfcc47c73bf6104a081669d4342d6d93b40193b3fde7af4aa3', '\x019b6c70b866e6ac676c0b109b9450539a0da0a00452c1f464e62543a96321dd1d7ffec3', 1767225600000, 10, 4, 1767225600022, 0);
INSERT INTO public.tokens VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a801-7364-82d8-081d823178fe', '\x56c2c808dea49e6c1b49e4d72c36aba327c6d803d3be3b866832c4c2d530aa2b', 63, 1767225600001, NULL, NULL, '\x01dd749e812bee8044bc84040bec3ac18e82822c351fb10f24e84578259b06cbe5');
INSERT INTO public.tokens VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a814-7bf6-b59b-7d1b498ff848', '\x00018c5397898e82147e22ac560340ad4c318e2a18d6e31f123717ccde564213', 1, 1767225600020, NULL, 1767225600021, '\x01a72495c23d0f7c6d65eedb3c11146a070e486cf6687fc0ce3e850711f8f5ee1b');
INSERT INTO public.tokens VALUES ('00000000-0000-7000-8000-000000000001', '019b76da-a816-7279-9564-2af90d44f4e9', '\x7bbd840a06ffccc10102dc0ffd0e139f70e249b32904439c4afbd3b57db10a7b', 27, 1767225600022, NULL, NULL, '\x01fc621387025b383c50307a215964d619aa0266183bbb0d61a8d915d6973834e1');
ALTER TABLE ONLY public.collections
    ADD CONSTRAINT collections_pkey PRIMARY KEY (tenant, id);
ALTER TABLE ONLY public.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (tenant, sequence);
ALTER TABLE ONLY public.duplicates
    ADD CONSTRAINT duplicates_pkey PRIMARY KEY (tenant, id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (tenant, person, id);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (tenant, key);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (work);
ALTER TABLE ONLY public.person_index
    ADD CONSTRAINT person_index_pkey PRIMARY KEY (tenant, field, hash, person);
ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (tenant, id);
ALTER TABLE ONLY public.sample_images
    ADD CONSTRAINT sample_images_pkey PRIMARY KEY (tenant, person, sample);
ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_pkey PRIMARY KEY (tenant, person, id);
ALTER TABLE ONLY public.search_changes
    ADD CONSTRAINT search_changes_pkey PRIMARY KEY (tenant, person);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (tenant, id);
CREATE UNIQUE INDEX collection_names ON public.collections USING btree (tenant, name);
CREATE INDEX duplicates_by_decision ON public.duplicates USING btree (tenant, decision, id);
CREATE UNIQUE INDEX duplicates_of_a_pair ON public.duplicates USING btree (tenant, first, second);
CREATE INDEX duplicates_of_the_second ON public.duplicates USING btree (tenant, second);
CREATE INDEX evidence_by_age ON public.samples USING btree (created_at) WHERE (state = 2);
CREATE UNIQUE INDEX external_ids ON public.person_index USING btree (tenant, hash) WHERE (field = 1);
CREATE INDEX idempotency_by_expiry ON public.idempotency USING btree (tenant, expires_at);
CREATE INDEX persons_by_expiry ON public.persons USING btree (tenant, expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX persons_by_status ON public.persons USING btree (tenant, status, id);
CREATE INDEX persons_by_update ON public.persons USING btree (tenant, updated_at, id);
CREATE INDEX search_changes_by_enrolment ON public.search_changes USING btree (tenant, enrolled);
CREATE INDEX search_changes_by_sequence ON public.search_changes USING btree (tenant, sequence);
CREATE INDEX search_changes_erased ON public.search_changes USING btree (tenant, sequence) WHERE erased;
CREATE INDEX tokens_by_hash ON public.tokens USING btree (hash);
ALTER TABLE public.collections ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.commits ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.duplicates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON public.collections USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.commits USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.duplicates USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.events USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.idempotency USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.person_index USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.persons USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.sample_images USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.samples USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.search_changes USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.tenants USING (((id = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
CREATE POLICY own_tenant ON public.tokens USING (((tenant = ( SELECT (NULLIF(NULLIF(current_setting('personhood.tenant'::text, true), ''::text), '*'::text))::uuid AS "nullif")) OR ( SELECT (current_setting('personhood.tenant'::text, true) = '*'::text))));
ALTER TABLE public.person_index ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.persons ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sample_images ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.samples ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.search_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tokens ENABLE ROW LEVEL SECURITY;
